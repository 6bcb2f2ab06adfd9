//! JavaScript's words for the engine's, and back.

use std::ffi::CString;
use std::time::Duration;

use napi::bindgen_prelude::{Either, Uint8Array};
use napi::{Error, Result};
use napi_derive::napi;
use syscope_engine::{
    Backpressure, Config, End, Ending, Enforced, Error as EngineError, Follow, Mode, ModeRequest, Place,
    PlacementPolicy, Plan, Program, RuleUse, Rules, Stdio, Target, Unanswered,
};
use syscope_helper::Wanted;
use syscope_helper::wire::{Failure, Over};

/// A command to start; see `NativeCommand` in src/native.ts.
#[napi(object, object_to_js = false)]
pub struct NativeCommand {
    /// Paths to try in order.
    pub candidates: Vec<Uint8Array>,
    /// Argument vector.
    pub argv: Vec<Uint8Array>,
    /// `NAME=value`.
    pub env: Vec<Uint8Array>,
    /// Working directory.
    pub cwd: Option<Uint8Array>,
    /// User to run as.
    pub uid: Option<u32>,
    /// Group to run as.
    pub gid: Option<u32>,
    /// Supplementary groups.
    pub groups: Option<Vec<u32>>,
    /// Descriptor number, `pipe` or `ignore`, three times.
    pub stdio: Vec<Either<i32, String>>,
    /// Further descriptors that it keeps.
    pub kept: Option<Vec<i32>>,
}

/// Everything about a session; see `NativeConfig` in src/native.ts.
#[napi(object, object_to_js = false)]
pub struct NativeConfig {
    /// A command to start, or …
    pub command: Option<NativeCommand>,
    /// … processes to attach to.
    pub attach: Option<Vec<i32>>,
    /// Capture plan.
    pub plan: Uint8Array,
    /// Rules.
    pub rules: Option<Uint8Array>,
    /// Trace children too.
    pub follow: bool,
    /// `auto`, `filter` or `stops`.
    pub mode: String,
    /// `first` or `tree`.
    pub until: String,
    /// Milliseconds that the rest of the tree has after the first process.
    pub drain_ms: f64,
    /// Most bytes of records held in memory.
    pub memory_bytes: f64,
    /// `spill` or `wait`.
    pub backpressure: String,
    /// `auto`, `pinned` or `free`.
    pub placement: String,
    /// Count calls instead of recording them.
    pub counting: bool,
    /// Milliseconds that a handler may take.
    pub handler_timeout_ms: Option<f64>,
    /// `kill`, `continue` or `detach`.
    pub unanswered: Option<String>,
}

/// Everything about the tracing of this process; see `NativeSelfConfig` in src/native.ts.
#[napi(object, object_to_js = false)]
pub struct NativeSelfConfig {
    /// The helper's program.
    pub helper: String,
    /// All threads, or the calling one.
    pub all_threads: bool,
    /// Capture plan.
    pub plan: Uint8Array,
    /// Rules.
    pub rules: Option<Uint8Array>,
}

/// How it ended; see `NativeSelfEnd` in src/native.ts.
#[napi(object, object_from_js = false)]
pub struct NativeSelfEnd {
    /// Bit n: gap reason n happened.
    pub incomplete: u32,
    /// What each rule has done.
    pub rules: Vec<NativeRuleUse>,
    /// What kept it from being traced to the end.
    pub failure: Option<NativeFailure>,
}

/// How a run ended; see `NativeEnd` in src/native.ts.
#[napi(object, object_from_js = false)]
pub struct NativeEnd {
    /// Exit status of the first process.
    pub exit_code: Option<i32>,
    /// Number of the signal that killed it.
    pub signal: Option<i32>,
    /// That signal dumped core.
    pub core_dumped: bool,
    /// `filter` or `stops`.
    pub mode: &'static str,
    /// Why a filter was wanted and not used.
    pub fallback: Option<String>,
    /// Bit n: gap reason n happened.
    pub incomplete: u32,
    /// The tracer failed.
    pub failure: Option<NativeFailure>,
    /// What each rule has done.
    pub rules: Vec<NativeRuleUse>,
    /// Calls that no handler has decided in time.
    pub unanswered: u32,
}

/// What a rule has done; see `NativeRuleUse` in src/native.ts.
#[napi(object, object_from_js = false)]
pub struct NativeRuleUse {
    /// The rule's id.
    pub id: u32,
    /// `kernel`, `filter` or `stops`.
    pub how: &'static str,
    /// Calls that it acted on.
    pub acted: f64,
    /// Calls of which a condition could not be looked at.
    pub unread: f64,
}

/// What failed; see `NativeFailure` in src/native.ts.
#[napi(object, object_from_js = false)]
pub struct NativeFailure {
    /// A stable word.
    pub step: String,
    /// errno, 0 if none.
    pub errno: i32,
    /// Whom it concerned.
    pub pid: Option<i32>,
    /// The kernel request.
    pub operation: Option<String>,
    /// For people.
    pub message: String,
}

pub(crate) fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Filter => "filter",
        Mode::Stops => "stops",
    }
}

pub(crate) fn end_of(end: End) -> NativeEnd {
    NativeEnd {
        exit_code: end.exit_code,
        signal: end.signal,
        core_dumped: end.core_dumped,
        mode: mode_word(end.mode),
        fallback: end.fallback.map(|errno| errno.desc().to_owned()),
        incomplete: end.incomplete,
        failure: end.failure.as_ref().map(failure_of),
        rules: end.rules.iter().map(rule_use_of).collect(),
        unanswered: end.unanswered,
    }
}

fn rule_use_of(used: &RuleUse) -> NativeRuleUse {
    let how = match used.enforced {
        Enforced::Kernel => "kernel",
        Enforced::Filter => "filter",
        Enforced::Stops => "stops",
    };
    NativeRuleUse { id: used.id.into(), how, acted: used.acted as f64, unread: used.unread as f64 }
}

pub(crate) fn wanted_of(config: NativeSelfConfig) -> Wanted {
    let target = if config.all_threads { std::process::id().cast_signed() } else { syscope_engine::own::thread() };
    Wanted {
        program: config.helper.into(),
        target,
        all_threads: config.all_threads,
        plan: config.plan.to_vec(),
        rules: config.rules.map(|rules| rules.to_vec()).unwrap_or_default(),
    }
}

pub(crate) fn self_end_of(end: std::result::Result<Over, Failure>) -> NativeSelfEnd {
    match end {
        Ok(over) => NativeSelfEnd {
            incomplete: over.incomplete,
            rules: over.rules.iter().map(rule_use_of).collect(),
            failure: None,
        },
        Err(failure) => NativeSelfEnd { incomplete: 0, rules: Vec::new(), failure: Some(failure.into()) },
    }
}

pub(crate) fn config_of(config: NativeConfig) -> Result<Config> {
    let target = match (config.command, config.attach) {
        (Some(command), None) => Target::Spawn(program_of(command)?),
        (None, Some(pids)) => Target::Attach(pids),
        (Some(_), Some(_)) | (None, None) => return Err(refused("either `command` or `attach`")),
    };
    let plan = Plan::parse(&config.plan).map_err(|error| thrown(&error))?;
    let rules = config.rules.map(|rules| Rules::parse(&rules)).transpose().map_err(|error| thrown(&error))?;
    Ok(Config {
        target,
        plan,
        rules: rules.unwrap_or_default(),
        follow: if config.follow { Follow::Everybody } else { Follow::Nobody },
        except: Vec::new(),
        mode: word(
            "mode",
            &config.mode,
            &[("auto", ModeRequest::Auto), ("filter", ModeRequest::Filter), ("stops", ModeRequest::Stops)],
        )?,
        ending: match config.until.as_str() {
            "tree" => Ending::Tree,
            "first" => {
                Ending::First { drain: Duration::try_from_secs_f64(config.drain_ms / 1000.0).unwrap_or(Duration::MAX) }
            }
            _ => return Err(refused("`until` is `first` or `tree`")),
        },
        backpressure: word(
            "backpressure",
            &config.backpressure,
            &[("spill", Backpressure::Spill), ("wait", Backpressure::Wait)],
        )?,
        // Saturating: a bound beyond the address space is no bound.
        memory_bytes: config.memory_bytes as usize,
        placement: word(
            "placement",
            &config.placement,
            &[("auto", PlacementPolicy::Auto), ("pinned", PlacementPolicy::Pinned), ("free", PlacementPolicy::Free)],
        )?,
        counting: config.counting,
        handler_timeout: config
            .handler_timeout_ms
            .map_or(Duration::from_secs(5), |ms| Duration::try_from_secs_f64(ms / 1000.0).unwrap_or(Duration::MAX)),
        unanswered: word(
            "unanswered",
            config.unanswered.as_deref().unwrap_or("kill"),
            &[("kill", Unanswered::Kill), ("continue", Unanswered::Continue), ("detach", Unanswered::Detach)],
        )?,
    })
}

fn word<T: Copy>(name: &str, given: &str, known: &[(&str, T)]) -> Result<T> {
    let found = known.iter().find(|(word, _)| *word == given);
    found.map(|(_, value)| *value).ok_or_else(|| refused(&format!("`{name}` can't be `{given}`")))
}

pub(crate) fn place_of(given: &str) -> Result<Place> {
    word("place", given, &[("group", Place::Group), ("own-group", Place::OwnGroup), ("own-session", Place::OwnSession)])
}

pub(crate) fn program_of(command: NativeCommand) -> Result<Program> {
    let stdio: Vec<Stdio> = command.stdio.iter().map(stdio_of).collect::<Result<_>>()?;
    Ok(Program {
        candidates: strings(&command.candidates)?,
        argv: strings(&command.argv)?,
        envp: strings(&command.env)?,
        cwd: command.cwd.as_deref().map(string).transpose()?,
        uid: command.uid,
        gid: command.gid,
        groups: command.groups,
        kept: command.kept.unwrap_or_default(),
        stdio: stdio.try_into().map_err(|_| refused("`stdio` has three entries"))?,
    })
}

fn stdio_of(given: &Either<i32, String>) -> Result<Stdio> {
    match given {
        Either::A(descriptor) => Ok(Stdio::Fd(*descriptor)),
        Either::B(text) => word("stdio", text, &[("pipe", Stdio::Pipe), ("ignore", Stdio::Null)]),
    }
}

fn strings(given: &[Uint8Array]) -> Result<Vec<CString>> {
    given.iter().map(|bytes| string(bytes)).collect()
}

fn string(bytes: &[u8]) -> Result<CString> {
    CString::new(bytes).map_err(|_| refused("a string for the command has a NUL byte inside"))
}

fn refused(problem: &str) -> Error {
    raise(&NativeFailure { step: "config".into(), errno: 0, pid: None, operation: None, message: problem.into() })
}

/// The engine's error as a JavaScript one: its message is a `NativeFailure` in JSON.
pub(crate) fn thrown(error: &EngineError) -> Error {
    raise(&failure_of(error))
}

pub(crate) fn raise(failure: &NativeFailure) -> Error {
    let text = |text: &Option<String>| text.as_deref().map_or("null".into(), quoted);
    let pid = failure.pid.map_or("null".into(), |pid| pid.to_string());
    Error::from_reason(format!(
        r#"{{"step":{},"errno":{},"pid":{pid},"operation":{},"message":{}}}"#,
        quoted(&failure.step),
        failure.errno,
        text(&failure.operation),
        quoted(&failure.message)
    ))
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control < ' ' => out.extend(format!("\\u{:04x}", u32::from(control)).chars()),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn failure_of(error: &EngineError) -> NativeFailure {
    Failure::from(error).into()
}

impl From<Failure> for NativeFailure {
    fn from(failure: Failure) -> Self {
        let Failure { step, errno, pid, operation, message } = failure;
        Self { step, errno, pid, operation, message }
    }
}
