//! The command `gotrace`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gotrace_cli::main()
}
