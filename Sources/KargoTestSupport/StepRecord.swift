internal import Documents
internal import Support

/// The status of a step in Kargo.
package enum StepStatus: String, Sendable, Comparable {
    /// The step did its work.
    case succeeded = "Succeeded"
    /// The step did not run, or had nothing to do.
    case skipped = "Skipped"
    /// A person stopped the step.
    case aborted = "Aborted"
    /// The step ended with a negative result.
    case failed = "Failed"
    /// The step could not do its work.
    case errored = "Errored"
    /// The step waits and will be reconciled again.
    case running = "Running"

    private var weight: Int {
        switch self {
        case .succeeded: 0
        case .skipped: 1
        case .aborted: 2
        case .failed: 3
        case .errored: 4
        case .running: 5
        }
    }

    /// True when `left` is the better outcome.
    package static func < (left: StepStatus, right: StepStatus) -> Bool { left.weight < right.weight }
}

/// The status record of a step.
package struct StepRecord: Sendable {
    /// The alias. Steps with the same alias share one record.
    package var alias: String
    /// True when a failure of the step does not fail the Promotion.
    package var continueOnError: Bool
    /// The status; nil before the step was reached.
    package var status: StepStatus?
    package var message = ""
    /// The number of errors.
    package var errorCount = 0
    /// The start time on the runner's simulated clock.
    package var startedAt: Duration?

    var isFailure: Bool { !continueOnError && (status == .failed || status == .errored) }
}

/// The phase of a Promotion.
package enum PromotionPhase: Hashable, Sendable {
    /// The Promotion waits at a step.
    case running(step: String)
    /// Every step succeeded or was skipped.
    case succeeded
    /// A step failed.
    case failed(String)
    /// A step was errored.
    case errored(String)
    /// A person stopped the Promotion.
    case aborted
    /// The test stopped the controller after a step.
    case stopped(after: String)
}

/// The result of a step.
struct StepOutcome: Sendable {
    var status: StepStatus
    var output: JSONValue?

    static func succeeded(_ output: JSONValue? = nil) -> StepOutcome { StepOutcome(status: .succeeded, output: output) }
}

/// The failure of a step.
struct StepFailure: Error, CustomStringConvertible {
    let status: StepStatus
    /// True when Kargo does not retry.
    let isTerminal: Bool
    let description: String

    init(_ status: StepStatus, terminal: Bool = false, _ description: String) {
        self.status = status
        isTerminal = terminal
        self.description = description
    }

    /// The failure of a step whose configuration does not match its schema.
    static func configuration(_ message: String) -> StepFailure {
        StepFailure(.failed, terminal: true, "invalid configuration: \(message)")
    }
}

/// A test uses a feature that the interpreter does not implement. The error ends the test; it is not an outcome of a
/// step.
package struct InterpreterError: Error, CustomStringConvertible {
    /// The feature.
    package let description: String
}
