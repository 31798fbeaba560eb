//! JSON Schemas of all reports.

use super::{
    CheckReport, ComparisonReport, CountReport, DiagnosisReport, DiffReport, EventsLine, FootprintReport, GcReport,
    GctraceReport, GoroutineCountsReport, GoroutineGroupsReport, GoroutinesReport, LatencyReport, LeaksReport, LogLine,
    MetricsReport, MmuReport, PathsReport, ProcsReport, ProfileReport, RegionTypesReport, RegionsReport, RepairReport,
    RunReport, SchedtraceReport, StwReport, SummaryReport, TaskTypesReport, TasksReport,
};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};

/// Returns the JSON Schema of each report, draft 2020-12, with the report's name: that of
/// its file in `docs/schemas`.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        ("check", of::<CheckReport<'_>>()),
        ("count", of::<CountReport>()),
        ("diagnose", of::<Vec<DiagnosisReport<'_>>>()),
        ("diff", of::<DiffReport<'_>>()),
        ("events", of::<EventsLine<'_>>()),
        ("footprint", of::<FootprintReport>()),
        ("gc", of::<GcReport<'_>>()),
        ("gctrace", of::<GctraceReport<'_>>()),
        ("goroutines", of::<GoroutineGroupsReport<'_>>()),
        ("goroutines-each", of::<GoroutinesReport<'_>>()),
        ("goroutines-leaks", of::<LeaksReport<'_>>()),
        ("goroutines-over-time", of::<GoroutineCountsReport>()),
        ("latency", of::<LatencyReport<'_>>()),
        ("metrics", of::<MetricsReport<'_>>()),
        ("mmu", of::<MmuReport>()),
        ("path", of::<PathsReport>()),
        ("pprof", of::<ProfileReport<'_>>()),
        ("procs", of::<ProcsReport<'_>>()),
        ("regions", of::<RegionTypesReport<'_>>()),
        ("regions-each", of::<RegionsReport<'_>>()),
        ("repair", of::<RepairReport>()),
        ("run", of::<RunReport<'_>>()),
        ("schedtrace", of::<LogLine<'_>>()),
        ("schedtrace-baseline", of::<ComparisonReport<'_>>()),
        ("schedtrace-rows", of::<Vec<SchedtraceReport<'_>>>()),
        ("stw", of::<StwReport<'_>>()),
        ("summary", of::<SummaryReport<'_>>()),
        ("tasks", of::<TaskTypesReport<'_>>()),
        ("tasks-each", of::<TasksReport<'_>>()),
    ]
}

fn of<T: JsonSchema>() -> Schema {
    // Describes the output: a null that is written is required, while a reader could do
    // without.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let settings = settings.with_transform(RecursiveTransform(describe_in_one_line));
    settings.into_generator().into_root_schema_for::<T>()
}

/// Joins the lines that a doc comment has in the source.
fn describe_in_one_line(schema: &mut Schema) {
    let text = schema.get("description").and_then(|text| text.as_str());
    if let Some(text) = text.map(|text| text.replace('\n', " ")) {
        schema.insert("description".into(), text.into());
    }
}
