internal import Logging
internal import Support
internal import Synchronization

/// The settings in force. Their files are read again when they have changed, or on request. While a file cannot be used, the
/// settings before it stay in force.
final class SettingsStore: Sendable {
    /// Settings, and the number of times that they were replaced. What was derived from earlier ones has a smaller number.
    struct Current: Sendable {
        var settings: ServiceSettings
        var generation = 0
    }

    private struct State {
        var current: Current
        var problem: String?
    }

    private let files: SettingsFiles?
    private let logger: Logger
    private let state: Mutex<State>
    /// Held while the files are read: two reasons to read them may coincide.
    private let reading = Mutex(())

    /// - Parameters:
    ///   - settings: the settings, as they were read from the files.
    ///   - files: the files; nil for settings that never change.
    init(_ settings: ServiceSettings, from files: SettingsFiles? = nil, logger: Logger = .silent) {
        self.files = files
        self.logger = logger
        state = Mutex(State(current: Current(settings: settings)))
    }

    /// The settings in force. A request takes them once, so that it is judged by one set of them.
    var current: ServiceSettings { state.withLock { $0.current.settings } }

    /// The settings in force, and their number.
    var numbered: Current { state.withLock { $0.current } }

    /// The reason why the files could not be used when they were last read; nil when they could.
    var problem: String? { state.withLock { $0.problem } }

    /// Reads the files again if they have changed, or could not be used. It blocks.
    ///
    /// - Parameter request: the reason to read them although they have not changed, for the log.
    func refresh(onRequest request: String? = nil) {
        guard let files else { return }
        reading.withLock { _ in refresh(from: files, request) }
    }

    private func refresh(from files: SettingsFiles, _ request: String?) {
        let (current, problem) = state.withLock { ($0.current, $0.problem) }
        guard request != nil || problem != nil || files.revision != current.settings.revision else { return }
        do {
            let settings = try files.read()
            state.withLock { $0 = State(current: Current(settings: settings, generation: current.generation + 1)) }
            logger.info(
                "the settings were read again",
                metadata: [
                    "because": .text(request ?? (problem == nil ? "a file has changed" : "a file was repaired")),
                    "repositories": .integer(settings.allowList.count),
                    "remotes": .integer(settings.allowList.remotes.count),
                    "keys": .integer(settings.keys.count), "policy": .text(settings.policy == nil ? "none" : "given"),
                ])
        } catch {
            let reason = error.message.escapedForDisplay()
            state.withLock { $0.problem = reason }
            guard request != nil || reason != problem else { return }
            logger.error(
                "the settings cannot be read again; the last ones stay in force", metadata: ["reason": .text(reason)])
        }
    }
}
