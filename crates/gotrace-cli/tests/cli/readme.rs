//! Commands print what the README shows.

use super::{ROOT, gotrace};

#[test]
fn scenarios_read_as_the_readme_says() {
    let readme = std::fs::read_to_string(format!("{ROOT}/README.md")).unwrap();
    let table = readme.split("| the program | command | in its output |\n").nth(1).unwrap();
    let mut rows = 0;
    for row in table.lines().skip(1).take_while(|line| line.starts_with('|')) {
        let [_, program, command, output, _] = row.split('|').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let quoted = |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(String::from).collect() };
        let [name, command] = [program, command].map(|cell| quoted(cell).concat());
        let path = format!("{ROOT}/testdata/patterns/go1.24/{name}.trace");
        let mut args: Vec<&str> = command.split(' ').collect();
        args.push(&path);
        let ran = gotrace(&args);
        // Long lines of output are wrapped, so white space does not count.
        let text = ran.good().split_whitespace().collect::<Vec<_>>().join(" ");
        for part in quoted(output) {
            let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(&part), "{command} of {name}: no {part:?} in {}", ran.good());
        }
        rows += 1;
    }
    assert!(rows >= 8, "{rows}");
}

/// Each `$ gotrace ..` in the README prints what stands below it; `...` stands for lines
/// that are left out.
#[test]
fn commands_print_what_the_readme_shows() {
    let readme = std::fs::read_to_string(format!("{ROOT}/README.md")).unwrap();
    let blocks = readme.split("```console\n").skip(1).map(|block| block.split("\n```").next().unwrap());
    let mut shown = 0;
    for example in blocks.flat_map(|block| block.split("$ gotrace ").skip(1)) {
        let (command, output) = example.split_once('\n').unwrap();
        let ran = super::command(&command.split(' ').collect::<Vec<_>>()).current_dir(ROOT).output().unwrap();
        let printed = String::from_utf8(ran.stdout).unwrap();
        let mut rest = printed.as_str();
        for part in output.trim_end().split("...\n") {
            let part = part.trim_end_matches("...");
            let at = rest.find(part).unwrap_or_else(|| panic!("gotrace {command}: no\n{part}\nin\n{printed}"));
            rest = &rest[at + part.len()..];
        }
        shown += 1;
    }
    assert!(shown >= 3, "{shown}");
}
