//! The demo: a simulated log from its first entry, and what works today, one step after the other. Everything shown is
//! computed; a step that does not come out as it must ends the story.
//!
//! Not here: the acts themselves (`story`, `maker`, `field`, `after`), the pumps (`fleet`), the maker (`company`), the witnesses
//! (`witnesses`).

mod after;
mod cast;
mod commands;
mod company;
mod example;
mod field;
mod fleet;
mod hosting;
mod inspector;
mod maker;
mod places;
mod security;
mod story;
mod witnesses;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Map, Value};

use crate::clock::{self, Stopwatch};
use crate::commands::Context;
use crate::commands::demo::DemoArgs;
use crate::data::{DataDir, default_guard, private_directory};
use crate::failure::{Failure, Verdict};
use crate::serve::{Serving, serve};
use crate::text;
use crate::ui::Ui;

/// What every step has.
struct Stage<'a> {
    ui: &'a Ui,
    data: DataDir,
    /// Where exports and policies of the story go.
    beside: PathBuf,
    origin: String,
    guard: PathBuf,
    devices: u64,
    /// Number that all simulated chips derive from.
    seed: u64,
    stop: Arc<AtomicBool>,
    step: u32,
    figures: Map<String, Value>,
}

/// The user stopped the demo.
fn interrupted() -> Failure {
    Failure::interrupted("the demo was stopped")
}

/// A step that did not come out as it must.
fn must(holds: bool, what: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::damaged("the demo", format!("{what}: that is not so"))) }
}

impl Stage<'_> {
    /// Begins a step, unless the user has stopped the demo.
    fn step(&mut self, title: &str) -> Result<(), Failure> {
        self.check()?;
        self.step += 1;
        self.say(&format!("\n{} {}", self.ui.dim(&format!("{:>2}", self.step)), self.ui.bold(title)))
    }

    fn check(&self) -> Result<(), Failure> {
        if self.stop.load(Ordering::Relaxed) { Err(interrupted()) } else { Ok(()) }
    }

    /// A sentence or more of the narrative, within 80 columns.
    fn tell(&self, line: &str) -> Result<(), Failure> {
        self.say(&text::wrapped(line, 4, 80))
    }

    fn say(&self, text: &str) -> Result<(), Failure> {
        if self.ui.is_json() { Ok(()) } else { self.ui.print(text) }
    }

    fn figure(&mut self, name: &str, value: impl Into<Value>) {
        self.figures.insert(name.into(), value.into());
    }
}

/// Runs the demo.
pub(crate) fn run(context: &Context, args: &DemoArgs) -> Result<Verdict, Failure> {
    let watch = Stopwatch::start();
    let seed = clock::random_number()?;
    let (data, beside, temporary) = place(context, seed)?;
    let origin = format!("simulated.pumps.example/{:08x}", seed & 0xffff_ffff);
    let guard = match &temporary {
        Some(root) => root.join("guard"),
        None => default_guard(&origin)?,
    };
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    ctrlc::set_handler(move || {
        // The second time there is no patience left.
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .map_err(|e| Failure::environment("listening for Ctrl-C", e))?;
    let ui = &context.ui;
    let mut stage = Stage {
        ui,
        data,
        beside,
        origin,
        guard,
        devices: args.devices,
        seed,
        stop,
        step: 0,
        figures: Map::new(),
    };
    stage.say(&ui.bold("Vouchsafe, on simulated pumps"))?;
    stage.tell("No device, no person and no time in this log is real; its name says so.")?;
    let told = story::tell(&mut stage).and_then(|checked| after::check(&mut stage, &checked));
    if let Err(failure) = told {
        let root = stage.data.root().display();
        return Err(failure.hint(format!("the directory opens as it is: vouchsafe --data {root} log show")));
    }
    let took = watch.elapsed();
    stage.figure("seconds", took.as_secs_f64());
    if ui.is_json() {
        ui.json(&Value::Object(stage.figures.clone()))?;
    }
    stage.say(&format!(
        "\n{}",
        ui.good(&format!("Each step came out as it must. {} in all.", text::took(took)))
    ))?;
    match (&temporary, args.once) {
        (Some(root), true) => {
            std::fs::remove_dir_all(root).map_err(|e| Failure::file("removing", root, &e))?;
            stage.tell("The temporary directory was removed; with --data DIR it stays.")?;
        }
        _ => {
            let root = stage.data.root().display();
            stage.tell(&format!("Look around: vouchsafe --data {root} log show"))?;
            stage.tell(&format!("The files of the story: {}", stage.beside.display()))?;
        }
    }
    if !args.once {
        stage.say("")?;
        let serving = Serving {
            listen: args.listen,
            metrics: None,
            tls: None,
            behind_tls: false,
            witnesses: None,
            roll_up: true,
        };
        serve(ui, &stage.data, serving)?;
    }
    Ok(Verdict::Holds)
}

/// The data directory, the directory for the story's files, and the temporary directory if both lie in one.
fn place(context: &Context, seed: u64) -> Result<(DataDir, PathBuf, Option<PathBuf>), Failure> {
    if context.data_named {
        let root = context.data.root().to_owned();
        let taken = std::fs::read_dir(&root).is_ok_and(|mut entries| entries.next().is_some());
        if taken {
            return Err(Failure::input(
                format!("beginning the demo in {}", root.display()),
                "the directory is not empty",
            )
            .hint("name a directory that is empty or new, or leave out --data"));
        }
        let mut beside = root.as_os_str().to_owned();
        beside.push("-demo");
        // Other processes are told of files in it from other folders.
        let beside = std::path::absolute(PathBuf::from(beside))
            .map_err(|e| Failure::environment("beginning the demo", e))?;
        if beside.exists() {
            return Err(Failure::input("beginning the demo", format!("{} exists already", beside.display())));
        }
        private_directory(&beside)?;
        return Ok((context.data.clone(), beside, None));
    }
    let root = std::env::temp_dir().join(format!("vouchsafe-demo-{seed:014x}"));
    private_directory(&root)?;
    Ok((DataDir::new(root.join("data")), root.clone(), Some(root)))
}
