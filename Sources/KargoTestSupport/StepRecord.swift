internal import Documents

/// The state of a step, in Kargo's words.
public enum StepStatus: String, Sendable, Comparable {
    /// It did its work.
    case succeeded = "Succeeded"
    /// It did not run, or found nothing to do.
    case skipped = "Skipped"
    /// Somebody stopped it.
    case aborted = "Aborted"
    /// It said no.
    case failed = "Failed"
    /// It could not.
    case errored = "Errored"
    /// It waits for something.
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

    /// Whether `left` is the better outcome.
    public static func < (left: StepStatus, right: StepStatus) -> Bool { left.weight < right.weight }
}

/// What Kargo remembers of a step.
public struct StepRecord: Sendable {
    /// The name. Steps of one name share one record.
    public var alias: String
    /// Whether its failure is to be overlooked.
    public var continueOnError: Bool
    /// Its state; nil before it was reached.
    public var status: StepStatus?
    /// What it said.
    public var message = ""
    /// How often it could not.
    public var errorCount = 0
    /// When it started, on the runner's own clock.
    public var startedAt: Duration?

    var isFailure: Bool { !continueOnError && (status == .failed || status == .errored) }
}

/// How a Promotion stands.
public enum PromotionPhase: Hashable, Sendable {
    /// It waits at a step.
    case running(step: String)
    /// Every step succeeded or was skipped.
    case succeeded
    /// A step said no.
    case failed(String)
    /// A step could not.
    case errored(String)
    /// Somebody stopped it.
    case aborted
    /// The test stopped the controller after a step.
    case stopped(after: String)
}

/// What a step did.
struct StepOutcome: Sendable {
    var status: StepStatus
    var output: JSONValue?

    static func succeeded(_ output: JSONValue? = nil) -> StepOutcome { StepOutcome(status: .succeeded, output: output) }
}

/// Why a step did not do its work.
struct StepFailure: Error, CustomStringConvertible {
    let status: StepStatus
    /// Whether trying again is of no use.
    let isTerminal: Bool
    let description: String

    init(_ status: StepStatus, terminal: Bool = false, _ description: String) {
        self.status = status
        isTerminal = terminal
        self.description = description
    }

    /// The configuration of a step is not as its schema wants it.
    static func configuration(_ message: String) -> StepFailure {
        StepFailure(.failed, terminal: true, "invalid configuration: \(message)")
    }
}

/// The test asks for something that this interpreter does not do: no outcome of a step, so it ends the test.
public struct InterpreterError: Error, CustomStringConvertible {
    /// What is asked for.
    public let description: String
}
