//! One number: the CPU milliseconds of one cargo run over one generated crate.

use crate::project::{Member, Project, write};

/// What is run, and what was there before.
#[derive(Clone, Copy)]
pub struct Measure {
    pub title: &'static str,
    command: &'static str,
    before: Before,
}

/// The state that the measured run finds.
#[derive(Clone, Copy)]
enum Before {
    /// The dependencies are built, this crate never was.
    Cold,
    /// It was built, and then a constant was changed: no other line moves.
    Edited,
    /// It was built, and then a line was put before all others: every declaration has a new place.
    Moved,
}

impl Measure {
    pub const ALL: [Self; 6] = [
        Self { title: "check", command: "check", before: Before::Cold },
        Self { title: "check, edited", command: "check", before: Before::Edited },
        Self { title: "check, moved", command: "check", before: Before::Moved },
        Self { title: "build", command: "build", before: Before::Cold },
        Self { title: "build, edited", command: "build", before: Before::Edited },
        Self { title: "build, moved", command: "build", before: Before::Moved },
    ];
}

impl Measure {
    pub fn is_moved(self) -> bool {
        matches!(self.before, Before::Moved)
    }
}

/// Builds the dependencies of every member, so that no measured run does.
pub fn prepare(project: &Project) -> Result<(), String> {
    for command in ["check", "build"] {
        // The smallest member of each kind of dependencies is enough.
        for needs_core in [false, true] {
            let members = project.members().iter().filter(|m| m.needs_core == needs_core);
            if let Some(member) = members.min_by_key(|m| m.source.len()) {
                project.cargo(&[command, "-p", &member.name])?;
            }
        }
    }
    Ok(())
}

/// The median of `repeats` runs.
pub fn of(project: &Project, member: &Member, what: Measure, repeats: usize) -> Result<f64, String> {
    let mut costs = Vec::new();
    for turn in 0..repeats {
        costs.push(once(project, member, what, turn)?);
    }
    costs.sort_by(f64::total_cmp);
    Ok(costs[costs.len() / 2])
}

fn once(project: &Project, member: &Member, what: Measure, turn: usize) -> Result<f64, String> {
    let run = [what.command, "-p", &member.name];
    let source = project.source(member);
    match what.before {
        Before::Cold => {
            write(&source, &member.source)?;
            project.cargo(&["clean", "-p", &member.name])?;
        }
        // What was measured before has built it: `Measure::ALL` begins with the cold run.
        Before::Edited | Before::Moved => {
            write(&source, &changed(&member.source, what.before, turn))?;
        }
    }
    project.cargo(&run)
}

/// The source after the `turn`-th change: each differs from the one before.
fn changed(source: &str, before: Before, turn: usize) -> String {
    match before {
        Before::Cold => source.to_owned(),
        Before::Edited => source.replacen("= 0;", &format!("= {};", turn + 1), 1),
        Before::Moved => "// A line more.\n".repeat(turn + 1) + source,
    }
}
