#![allow(unsafe_code)]
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let file = unsafe { gotrace::TraceFile::map(&path).unwrap() };
    let t = std::time::Instant::now();
    if std::env::args().nth(2).as_deref() == Some("raw") {
        let trace = gotrace::Trace::parse(file.bytes()).unwrap();
        let mut n = 0u64; let mut x = 0u64;
        for g in trace.generations() { for b in g.batches_of(gotrace::wire::v2::batch::BatchKind::Events) {
            for e in gotrace::wire::v2::event::RawEvents::new(&b) { let e = e.unwrap(); n += 1; x ^= e.time.0; }
        }}
        let s = t.elapsed().as_secs_f64();
        println!("{n} {x} raw {:.1} M/s {:.2} ns", n as f64/s/1e6, s*1e9/n as f64);
        return;
    }
    let trace = gotrace::Trace::of_file(&file, gotrace::Options::default()).unwrap();
    let mut kinds = [0u64; 256];
    let mut n = 0u64;
    for e in trace.events() { let e = match e { Ok(e) => e, Err(e) => { println!("{e}"); break } }; kinds[e.wire_type() as usize] += 1; n += 1; }
    let s = t.elapsed().as_secs_f64();
    println!("{n} {:.1} M/s {:.2} ns", n as f64/s/1e6, s*1e9/n as f64);
}
