/// The error of a run that a signal ended.
struct Interrupted: Error {
    let signal: Int32
}
