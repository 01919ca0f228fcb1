/// A signal ended the run.
struct Interrupted: Error {
    let signal: Int32
}
