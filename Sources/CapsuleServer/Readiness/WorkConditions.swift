internal import GitOps
internal import HTTPServer
internal import Logging
internal import Rendering
internal import Support
internal import Synchronization

/// The conditions that work requires of this machine: directories that can be written, and programs that can be started.
///
/// They are checked when the service starts and then every few seconds, never in a request; the files of the settings are
/// read again at the same times. Git and a renderer are required only where a Git repository is allowed: without one, the
/// service only verifies.
final class WorkConditions: Sendable {
    private struct State {
        var problems: [String] = []
        /// The time since which no program can be started, and the reason.
        var unstartable: (since: Duration, reason: String)?
        var wasChecked = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let directories: [WorkDirectory]
    private let settings: SettingsStore
    private let git: Git
    private let renderer: Renderer
    private let limits: ServiceLimits
    private let clock: ServiceClock
    private let logger: Logger
    private let isScarce = ProcessorQuota.isScarce(ProcessorQuota.read())
    private let state = Mutex(State())

    init(
        directories: [WorkDirectory], settings: SettingsStore, git: Git, renderer: Renderer, limits: ServiceLimits,
        clock: ServiceClock, logger: Logger
    ) {
        self.directories = directories
        self.settings = settings
        self.git = git
        self.renderer = renderer
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    /// The reason why work would fail, for `/readyz`; nil when it would not.
    var problem: String? {
        state.withLock { state in
            guard state.wasChecked else { return "the service is starting" }
            return state.problems.isEmpty ? nil : state.problems.joined(separator: "; ")
        }
    }

    /// The reason why no program can be started; nil when one could be at the last check. The limit of processes counts threads,
    /// too: a task that is begun then can wait for a thread until the limit is raised.
    var startProblem: String? { state.withLock { $0.unstartable?.reason } }

    /// The reason to restart the service, for `/healthz`: no program could be started for `ServiceLimits.startPatience`.
    var lastingProblem: String? {
        let since = state.withLock { $0.unstartable?.since }
        guard let since, clock.now - since >= limits.startPatience else { return nil }
        return "no program could be started for \((clock.now - since).components.seconds) seconds"
    }

    /// Checks the conditions again and again until the task is cancelled.
    func watch() async {
        repeat {
            await check()
        } while (try? await clock.sleep(for: limits.checkInterval)) != nil
    }

    /// Returns after the first check.
    func firstCheck() async {
        await withCheckedContinuation { waiter in
            let isOver = state.withLock { state in
                if !state.wasChecked { state.waiters.append(waiter) }
                return state.wasChecked
            }
            if isOver { waiter.resume() }
        }
    }

    private func check() async {
        // The threads that answer probes take precedence. Threads that start later yield after the next check.
        if isScarce { ThreadNiceness.yield(to: HTTPServerThread.name, niceness: 10) }
        let (directories, settings) = (directories, settings)
        var problems = await awaitBlocking {
            settings.refresh()
            return directories.compactMap { $0.problem() }
        }
        let remotes = settings.current.allowList.remotes
        var startProblem: String?
        if !remotes.isEmpty {
            switch await git.usability() {
            case .usable: break
            case .unusable(let why): problems.append(why)
            case .unstartable(let why):
                let problem = "no program can be started: \(why)"
                startProblem = problem
                problems.append(problem)
            }
            if !renderer.isInstalled {
                problems.append("there is no renderer on PATH; install kustomize, kubectl or helm")
            }
            for remote in remotes {
                guard let program = git.missingProgram(for: remote) else { continue }
                problems.append(
                    "\(remote) requires \(program), which is not on PATH; install it, or allow the https address of the "
                        + "repository instead")
            }
        }
        // The results of a cancelled check say nothing.
        let (before, waiters) = state.withLock { state in
            let before = state.problems
            if !Task.isCancelled {
                state.problems = problems
                state.unstartable = startProblem.map { (state.unstartable?.since ?? clock.now, $0) }
            }
            state.wasChecked = true
            defer { state.waiters = [] }
            return (before, state.waiters)
        }
        for waiter in waiters { waiter.resume() }
        for problem in problems where !before.contains(problem) {
            logger.error("not ready", metadata: ["reason": .text(problem.escapedForDisplay())])
        }
        if problems.isEmpty, !before.isEmpty { logger.info("ready again") }
    }
}
