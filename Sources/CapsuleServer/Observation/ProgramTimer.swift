package import Processes
internal import Synchronization

/// Runs the programs of a service with another runner: they yield to the service, and those of Git and of renderers are timed
/// for its metrics.
package final class ProgramTimer: CommandRunner {
    static let renderers = ["helm", "kubectl", "kustomize"]
    /// The operations of Git that use the network, and one for all others.
    static let gitOperations = ["fetch", "ls-remote", "push", local]
    private static let local = "local"
    /// With a tenth of a processor, eight renders would otherwise hold up a probe for most of a second.
    static let niceness = 19

    private let base: any CommandRunner
    private let metrics = Mutex<ServiceMetrics?>(nil)

    /// A runner that times the programs that `base` runs, once a service uses it.
    package init(_ base: any CommandRunner) { self.base = base }

    /// Times all further programs for these metrics.
    func report(to metrics: ServiceMetrics) { self.metrics.withLock { $0 = metrics } }

    package var supportsConversations: Bool { base.supportsConversations }

    package func find(_ name: String) -> String? { base.find(name) }

    package func run(_ command: Command) async throws -> CommandResult {
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
        let name = command.executable.split(separator: "/").last.map(String.init) ?? ""
        if name == "git" {
            guard let operation = gitOperation(command.arguments) else { return nil }
            return (.git, gitOperations.contains(operation) ? operation : local)
        }
        guard renderers.contains(name), command.arguments.first != "version" else { return nil }
        return (.renders, name)
    }

    /// The first word after Git's own options; nil for `git --version`.
    private static func gitOperation(_ arguments: [String]) -> String? {
        var rest = arguments[...]
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
