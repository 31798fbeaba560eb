//! What the README says of scenarios is what the commands print.

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
        // Long lines are wrapped.
        let text = ran.good().split_whitespace().collect::<Vec<_>>().join(" ");
        for part in quoted(output) {
            let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(&part), "{command} of {name}: no {part:?} in {}", ran.good());
        }
        rows += 1;
    }
    assert!(rows >= 8, "{rows}");
}
