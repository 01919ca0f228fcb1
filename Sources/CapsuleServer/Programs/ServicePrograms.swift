package import Processes
internal import Synchronization

/// The runner of a service's programs: they yield to the service, and Git and renderers are timed for its metrics.
///
/// With less than one processor, renderers run one after the other. Side by side they would end no earlier, and all of them
/// together use up each tenth of a second at once: the kernel then stops the whole service for several tenths, probes included.
package final class ServicePrograms: CommandRunner {
    /// With a tenth of a processor, eight renders would otherwise hold up a probe for most of a second.
    static let niceness = 19

    private let base: any CommandRunner
    private let metrics = Mutex<ServiceMetrics?>(nil)
    /// The line of the renderers; nil when they need not wait for each other.
    private let renderers: ConcurrencyLimiter?

    /// A runner on `base`, which times programs once a service uses it.
    ///
    /// - Parameter processors: the processors that the service may use; nil for all.
    package init(_ base: any CommandRunner, processors: Double? = ProcessorQuota.read()) {
        self.base = base
        let isScarce = ProcessorQuota.isScarce(processors)
        renderers = isScarce ? ConcurrencyLimiter(width: 1, queue: nil, clock: .continuous) : nil
    }

    /// Times all further programs for these metrics.
    func report(to metrics: ServiceMetrics) { self.metrics.withLock { $0 = metrics } }

    package var supportsConversations: Bool { base.supportsConversations }

    package func find(_ name: String) -> String? { base.find(name) }

    package func run(_ command: Command) async throws -> CommandResult {
        guard let renderers, TimedMetric.rendererNames.contains(Self.program(of: command).name) else {
            return try await timed(command)
        }
        return try await renderers.run {
            var command = command
            // Renderers are written in Go, which uses as many threads as the machine has processors.
            command.environment["GOMAXPROCS"] = "1"
            return try await timed(command)
        }
    }

    private func timed(_ command: Command) async throws -> CommandResult {
        let start = ContinuousClock.now
        defer { ended(command, start) }
        return try await base.run(Self.yielding(command))
    }

    nonisolated(nonsending) package func withConversation<Answer>(
        _ command: Command, _ body: nonisolated(nonsending) (Conversation) async throws -> Answer
    ) async throws -> Answer {
        let start = ContinuousClock.now
        defer { ended(command, start) }
        return try await base.withConversation(Self.yielding(command), body)
    }

    private static func yielding(_ command: Command) -> Command {
        var command = command
        command.niceness = niceness
        return command
    }

    private func ended(_ command: Command, _ start: ContinuousClock.Instant) {
        guard let (metric, label) = Self.kind(of: command), let metrics = metrics.withLock({ $0 }) else { return }
        metrics.program(metric, label, took: start.duration(to: .now))
    }

    /// The metric of a command and its label; nil for other programs, and for those that only print their version.
    static func kind(of command: Command) -> (TimedMetric, String)? {
        let (name, arguments) = program(of: command)
        if name == "git" {
            guard let operation = gitOperation(arguments) else { return nil }
            return (.git, TimedMetric.gitOperations.contains(operation) ? operation : TimedMetric.localGit)
        }
        guard TimedMetric.rendererNames.contains(name), arguments.first != "version" else { return nil }
        return (.renders, name)
    }

    /// The program and its arguments. A renderer without a network is started by `unshare … -- PROGRAM …`.
    private static func program(of command: Command) -> (name: String, arguments: ArraySlice<String>) {
        func name(_ path: String?) -> String { path?.split(separator: "/").last.map(String.init) ?? "" }
        guard name(command.executable) == "unshare" else { return (name(command.executable), command.arguments[...]) }
        let started = command.arguments.drop { $0 != "--" }.dropFirst()
        return (name(started.first), started.dropFirst())
    }

    /// The first word after Git's own options; nil for `git --version`.
    private static func gitOperation(_ arguments: ArraySlice<String>) -> String? {
        var rest = arguments
        while let word = rest.popFirst() {
            if word == "-c" || word == "-C" {
                _ = rest.popFirst()
            } else if !word.hasPrefix("-") {
                return word
            }
        }
        return nil
    }
}
