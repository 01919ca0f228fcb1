internal import Documents

/// How long and how often Kargo repeats a step. Without it, one lost connection ends a promotion.
///
/// A step that a repetition cannot help is ended by the step itself, whatever is here: a refused release, a conflict, a
/// closed pull request.
struct StepRetry: Hashable {
    /// The time for the step and its repetitions; nil for no limit.
    var timeout: String?
    /// The number of errors in a row after which the step has failed. A step that is waiting starts the count again.
    var errors = 5

    /// For a step that reads from or writes to another host.
    static let remote = StepRetry(timeout: "30m")

    /// For a step that waits until people have decided.
    static let people = StepRetry(timeout: nil, errors: 10)

    /// For a step that waits for a deployment. On a new cluster, the Application may not exist yet: that is an error, and
    /// Kargo tries again after five minutes at most.
    static func deployment(seconds: Int64) -> StepRetry { StepRetry(timeout: KargoProject.duration(seconds)) }

    var manifest: JSONValue { ["timeout": timeout.map { .string($0) }, "errorThreshold": .number("\(errors)")] }
}
