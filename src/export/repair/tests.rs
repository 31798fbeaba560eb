//! Tests that the output is legal, whatever events are asked for.

use super::batches::Batches;
use super::make::{Plan, Wanted};
use super::model::NONE;
use super::{RepairWriter, Report};
use crate::export::EventWriter;
use crate::spec::v2::{ArgRole, EventType, Layout};
use crate::{Mode, Options, Trace, Version};
use proptest::prelude::*;

/// An event that is asked for: M, type, arguments, goroutine and P.
type Asked = (u64, EventType, [u64; 4], u64, u64);

fn timed() -> Vec<EventType> {
    let is_timed = |event: &EventType| event.spec().layout == Layout::Timed && *event != EventType::ClockSnapshot;
    EventType::ALL.iter().copied().filter(is_timed).collect()
}

/// Generates few IDs, so that events meet; and now and then none, or too high ones.
fn id() -> impl Strategy<Value = u64> {
    prop_oneof![20 => 0u64..5, 1 => Just(NONE), 1 => Just(70_000u64)]
}

fn asked() -> impl Strategy<Value = Asked> {
    let args = [id(), id(), id(), id()];
    (id(), proptest::sample::select(timed()), args, id(), id()).prop_map(|(thread, event, mut args, g, p)| {
        for (arg, spec) in args.iter_mut().zip(event.spec().args.iter().skip(1)) {
            if spec.role != ArgRole::Number {
                *arg = 0;
            }
        }
        (thread, event, args, g, p)
    })
}

/// Writes the events that are asked for, as far as possible; returns their number.
fn write(plan: &mut Plan, asked: &[Asked]) -> (Vec<u8>, u64) {
    let mut out = Version::Go126.header().to_vec();
    let mut batches = Batches::new(&mut out);
    batches.sync(Version::Go126, 1, None).unwrap();
    let mut time = 1;
    for (thread, event, args, g, p) in asked {
        let mut args = *args;
        plan.prepare(*thread, *event, &mut args, Wanted { g: *g, p: *p });
        plan.emit(*thread, *event, &args);
        for planned in std::mem::take(&mut plan.events) {
            // A switch is three events for readers.
            time += 3;
            batches.event(&planned, time).unwrap();
        }
    }
    batches.finish(Version::Go126).unwrap();
    (out, time)
}

fn read(bytes: &[u8]) -> Result<usize, crate::Error> {
    Trace::parse(bytes)?.events().try_fold(0, |count, event| event.map(|_| count + 1))
}

/// Returns the contents of the model, without the order of its tables.
fn all_of(plan: &Plan) -> Vec<String> {
    let text = format!("{:?}", plan.model);
    let mut parts: Vec<String> = text.split(['{', '}', ',']).map(|part| part.trim().to_string()).collect();
    parts.sort();
    parts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_written_is_legal(asked in proptest::collection::vec(asked(), 0..120)) {
        let (bytes, _) = write(&mut Plan::default(), &asked);
        prop_assert!(read(&bytes).is_ok(), "{:?}", read(&bytes));
    }

    #[test]
    fn what_is_refused_changes_nothing(before in proptest::collection::vec(asked(), 0..60), then in asked()) {
        let mut plan = Plan::default();
        write(&mut plan, &before);
        let (thread, event, mut args, ..) = then;
        let was = all_of(&plan);
        if !plan.model.apply(thread, event, &mut args) {
            prop_assert_eq!(was, all_of(&plan));
        }
    }
}

/// An event about a known goroutine and P can always be made legal.
#[test]
fn what_names_its_goroutine_and_p_is_kept() {
    use EventType::*;
    let wanted = Wanted { g: 1, p: 2 };
    let needs = [GoStop, GoBlock, GoDestroy, GoSyscallBegin, GoSyscallEnd, GoSyscallEndBlocked, GoDestroySyscall];
    let more = [STWBegin, STWEnd, GCBegin, GCEnd, GCSweepBegin, GCSweepEnd, GCMarkAssistBegin, GCMarkAssistEnd];
    let user = [HeapAlloc, ProcsChange, GoLabel, UserTaskBegin, UserTaskEnd, UserRegionBegin, UserRegionEnd, UserLog];
    let all = [&needs[..], &more, &user, &[ProcStop]].concat();
    for &first in &all {
        for &second in &all {
            for &third in &all {
                let mut plan = Plan::default();
                // On one M, then on another that has neither, then on the first again.
                for (thread, event) in [(10, first), (11, second), (10, third)] {
                    let mut args = [0; 4];
                    plan.prepare(thread, event, &mut args, wanted);
                    assert!(plan.emit(thread, event, &args), "{first} {second} {third}: {event}\n{plan:?}");
                }
            }
        }
    }
}

fn report_of(trace: &Trace<'_>) -> (Vec<u8>, Report) {
    let mut out = Vec::new();
    let mut writer = RepairWriter::new(trace, &mut out).unwrap();
    trace.events().for_each(|event| writer.event(&event.unwrap()).unwrap());
    let report = writer.finish().unwrap();
    (out, report)
}

/// Reads leniently, writes, and reads strictly.
fn repaired(asked: &[Asked], spoil: impl FnOnce(&mut Vec<u8>)) -> Result<usize, crate::Error> {
    let (mut bytes, _) = write(&mut Plan::default(), asked);
    spoil(&mut bytes);
    let trace = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient))?;
    let (out, _) = report_of(&trace);
    read(&out)
}

#[test]
fn a_lost_start_is_made_up() {
    use EventType::*;
    let asked = [
        (10, GoCreate, [5, 0, 0, 0], 1, 0),
        (10, GoBlock, [0; 4], 1, 0),
        (10, GoStart, [5, 0, 0, 0], NONE, 0),
        (10, GoBlock, [0; 4], 5, 0),
    ];
    // The statuses of P 0 and G 1, which are made up, and the events asked for.
    assert_eq!(repaired(&asked, |_| {}).unwrap(), 2 + 4 + 2);
    // Without the mark that ends the generation.
    assert_eq!(repaired(&asked, |bytes| bytes.truncate(bytes.len() - 1)).unwrap(), 2 + 4 + 2);
}
