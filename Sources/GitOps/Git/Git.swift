internal import CapsuleCore
internal import OCI
public import Processes
internal import Support

/// Runs `git` with only those settings of the caller's environment that this file names.
///
/// Commands are argument vectors. No hook, filter, file-system monitor or remote helper runs; replace refs, grafts and
/// prompts are off. A command that works on objects alone must not use any transport, so that a partial clone cannot
/// make it fetch. A command that talks to a remote may use only the transport of that remote.
///
/// Git refuses to work in a repository of another user, because its configuration and its hooks would run as this user.
/// This protection is on wherever a push can run them; it is off only where objects are read and nothing else.
public struct Git: Sendable {
    /// The deadline of a command that works on objects: 9,000 files take a second; a minute means that something is
    /// stuck.
    package static let localDeadline: Duration = .seconds(120)
    /// The deadline of a command that talks to a remote over a network. A connection without progress ends long
    /// before, by ``settings`` and ``ssh``; one that is only slow completes.
    package static let remoteDeadline: Duration = .seconds(3_600)
    /// The deadline of a command that talks to a remote whose connection has no end of its own.
    static let unwatchedDeadline: Duration = .seconds(300)
    /// The maximum number of characters of Git's error output in a message.
    static let maximumDetail = 2_000

    let runner: any CommandRunner
    let base: [String: String]
    let network: [String: String]
    private let proxies: GitProxies
    /// Hosts, apart from loopback, that remotes may be reached at over plain HTTP: `host`, or `host:port` for one port.
    public var plainHTTPHosts: Set<String> = []
    /// Returns the certificate authorities for remotes, for each command; nil leaves them to Git.
    package var authorities: @Sendable () throws -> GitAuthorities? = { nil }

    /// How commands that read from a remote are tried again.
    package var retries = GitRetries()

    /// - Parameters:
    ///   - runner: the runner of the program.
    ///   - environment: the environment of this process. Git receives `PATH` from it and, for remotes over HTTP and
    ///     SSH, the variables that logins require (`networkVariables`), nothing else.
    public init(runner: any CommandRunner, environment: [String: String]) {
        self.runner = runner
        var base = [
            "LC_ALL": "C", "TZ": "UTC", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_GRAFT_FILE": "/dev/null", "GIT_LITERAL_PATHSPECS": "1", "GIT_OPTIONAL_LOCKS": "0",
            "GIT_ATTR_NOSYSTEM": "1", "GIT_NO_LAZY_FETCH": "1",
        ]
        for name in ["PATH", "TMPDIR"] { base[name] = environment[name] }
        self.base = base
        network = environment.filter { Self.networkVariables.contains($0.key) }
        proxies = GitProxies(environment: environment)
    }

    /// The variables that a login, a proxy or a private certificate authority requires. Git finds the user's own
    /// configuration (credential helpers) through `HOME`.
    package static let networkVariables: Set<String> = [
        "HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
        "SSH_AUTH_SOCK", "SSH_ASKPASS", "GIT_ASKPASS", "GIT_SSH", "GIT_SSH_COMMAND",
        "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    ]

    /// Without the first option, ssh prompts for passwords on a terminal that may have no user. With the others, a connection
    /// ends when the server does not answer for a minute.
    static let ssh = "ssh -oBatchMode=yes -oConnectTimeout=30 -oServerAliveInterval=15 -oServerAliveCountMax=4"

    private static let settings = [
        "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.attributesFile=/dev/null", "core.quotePath=false",
        "protocol.ext.allow=never", "gc.auto=0", "maintenance.auto=false",
        "log.showSignature=false", "submodule.recurse=false", "push.recurseSubmodules=no", "push.followTags=false",
        "push.gpgSign=false", "advice.detachedHead=false",
        "http.lowSpeedLimit=1000", "http.lowSpeedTime=30",
    ].flatMap { ["-c", $0] }

    /// Runs a command that only reads and writes objects.
    ///
    /// - Parameter configuration: the configuration file in which Git finds the exceptions of its ownership protection;
    ///   nil when the repository may belong to any user.
    func local(
        _ arguments: [String], in directory: String, alternates: String? = nil, configuration: String? = nil,
        input: [UInt8] = [], outputLimit: Int = 64 << 20
    ) async throws -> CommandResult {
        let command = localCommand(
            arguments, in: directory, alternates: alternates, configuration: configuration, input: input,
            outputLimit: outputLimit)
        return try await finished(command)
    }

    /// Keeps a command that only reads objects running while `body` communicates with it.
    nonisolated(nonsending) func localConversation<Answer>(
        _ arguments: [String], in directory: String, alternates: String?, configuration: String?,
        _ body: nonisolated(nonsending) (Conversation) async throws -> Answer
    ) async throws -> Answer {
        let command = localCommand(
            arguments, in: directory, alternates: alternates, configuration: configuration)
        return try await explaining(command) { try await runner.withConversation(command, body) }
    }

    private func localCommand(
        _ arguments: [String], in directory: String, alternates: String?, configuration: String?, input: [UInt8] = [],
        outputLimit: Int = 0
    ) -> Command {
        var environment = base
        environment["GIT_CONFIG_NOSYSTEM"] = "1"
        environment["GIT_CONFIG_GLOBAL"] = configuration ?? "/dev/null"
        let owner = configuration == nil ? ["-c", "safe.directory=*"] : []
        // No transport has this name: Git before 2.45 does not know GIT_NO_LAZY_FETCH.
        environment["GIT_ALLOW_PROTOCOL"] = "none"
        environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = alternates
        return Command(
            "git", Self.settings + owner + arguments, environment: environment, workingDirectory: directory,
            input: input, outputLimit: outputLimit, deadline: Self.localDeadline)
    }

    /// Runs a command that talks to `remote`.
    ///
    /// - Parameter configuration: a Git configuration file that also applies on the other side of a `file` transport.
    func remote(
        _ arguments: [String], _ remote: GitRemote, in directory: String, alternates: String? = nil,
        configuration: String? = nil, input: [UInt8] = [], outputLimit: Int = 64 << 20
    ) async throws -> CommandResult {
        var environment = base
        environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = alternates
        var deadline = Self.remoteDeadline
        switch remote.transport {
        case .file, .path:
            deadline = Self.unwatchedDeadline
            environment["GIT_CONFIG_NOSYSTEM"] = "1"
            environment["GIT_CONFIG_GLOBAL"] = configuration ?? "/dev/null"
            environment["GIT_ALLOW_PROTOCOL"] = "file"
        case .http:
            environment.merge(network) { own, _ in own }
            environment["GIT_ALLOW_PROTOCOL"] = "http:https"
        case .https, .ssh:
            environment.merge(network) { own, _ in own }
            // Both are allowed because users map one to the other with `url.<base>.insteadOf`.
            environment["GIT_ALLOW_PROTOCOL"] = "https:ssh"
            var isOwn = network["GIT_SSH"] != nil || network["GIT_SSH_COMMAND"] != nil
            if !isOwn {
                isOwn = try await run(
                    ["config", "--get", "core.sshCommand"], in: directory, environment: environment, input: [],
                    outputLimit: 1 << 16, deadline: Self.localDeadline
                ).succeeded
            }
            if !isOwn { environment["GIT_SSH_COMMAND"] = Self.ssh }
            if isOwn, remote.transport == .ssh { deadline = Self.unwatchedDeadline }
        }
        let proxy = remote.server.map { proxies.choice(for: $0, isPlain: remote.transport == .http) }
        environment.merge(proxy?.environment ?? [:]) { $1 }
        return try await withAuthorities(for: remote, in: directory, environment) { environment in
            try await run(
                Self.settings + (proxy?.options ?? []) + arguments, in: directory, environment: environment,
                input: input,
                outputLimit: outputLimit, deadline: deadline)
        }
    }

    /// Runs a command that reads from `remote`, again and again while the remote cannot be reached or the connection ends.
    ///
    /// - Throws: `GitError` that says that `what` failed
    func reading(
        _ what: String, _ arguments: [String], from remote: GitRemote, in directory: String, configuration: String?,
        input: [UInt8] = []
    ) async throws -> CommandResult {
        var pace = RetryPace(retries.policy, now: retries.clock.now)
        while true {
            let result = try await self.remote(
                arguments, remote, in: directory, configuration: configuration, input: input)
            if result.succeeded { return result }
            let failure = remote.failure(what, result.errorOutput)
            guard GitFault(result.errorOutput).isTransient, !Git.isOwnership(result.errorOutput),
                let pause = pace.pause(now: retries.clock.now, random: retries.random())
            else { throw failure }
            retries.report(remote, failure, pace.tries + 1, pause)
            try await retries.clock.sleep(for: pause)
        }
    }

    /// Runs `body` with an environment in which Git trusts the authorities that registries are checked with, and those of Git's
    /// own configuration.
    private func withAuthorities(
        for remote: GitRemote, in directory: String, _ environment: [String: String],
        _ body: ([String: String]) async throws -> CommandResult
    ) async throws -> CommandResult {
        guard remote.server != nil, let authorities = try authorities() else { return try await body(environment) }
        let configured = try await run(
            ["config", "--null", "--type=path", "--get-urlmatch", "http", remote.address], in: directory,
            environment: environment, input: [], outputLimit: 1 << 20, deadline: Self.localDeadline)
        var settings: [String: String] = [:]
        for entry in configured.output.split(separator: 0) {
            let parts = String(decoding: entry, as: UTF8.self).split(separator: "\n", maxSplits: 1)
            if let name = parts.first { settings[name.lowercased()] = parts.count == 2 ? String(parts[1]) : "" }
        }
        func named(_ variable: String, _ setting: String) -> String? {
            [environment[variable], settings[setting]].compactMap { $0 }.first { !$0.isEmpty }
        }
        return try await authorities.withVariables(
            addingTo: named("GIT_SSL_CAINFO", "http.sslcainfo"),
            hasDirectory: named("GIT_SSL_CAPATH", "http.sslcapath") != nil
        ) { variables in
            try await body(environment.merging(variables) { $1 })
        }
    }

    /// The repositories of other users that this user trusts, in the form of the values of `safe.directory`.
    func safeDirectories(in directory: String) async throws -> [String] {
        var directories: [String] = []
        for scope in ["--system", "--global"] {
            let result = try await run(
                ["config", scope, "--null", "--get-all", "safe.directory"], in: directory,
                environment: base.merging(network) { own, _ in own }, input: [], outputLimit: 1 << 20,
                deadline: Self.localDeadline)
            // A list without values ends with a status of 1.
            directories += result.output.split(separator: 0, omittingEmptySubsequences: false).dropLast()
                .map { String(decoding: $0, as: UTF8.self) }
        }
        return directories
    }

    private func run(
        _ arguments: [String], in directory: String, environment: [String: String], input: [UInt8], outputLimit: Int,
        deadline: Duration
    ) async throws -> CommandResult {
        let command = Command(
            "git", arguments, environment: environment, workingDirectory: directory, input: input,
            outputLimit: outputLimit, deadline: deadline)
        return try await finished(command)
    }

    /// The result of a command that a signal did not end, and in which no thread or program failed to start: such an end says
    /// nothing about a repository. Git itself uses the statuses 128 and 129, for failures and wrong arguments.
    private func finished(_ command: Command) async throws -> CommandResult {
        let result = try await explaining(command) { try await runner.run(command) }
        guard result.status > 129 else { return result }
        let how = result.signal.map { "was killed by signal \($0)" } ?? "ended with status \(result.status)"
        let said = result.errorOutput.isEmpty ? "" : ". It said: \(Self.detail(result.errorOutput))"
        throw GitError(
            .gitFailed,
            "git \(how); the repository is in \(quoted(command.workingDirectory ?? ".")). Run it again, and give it more "
                + "memory and processes if it repeats\(said)")
    }

    /// Runs `body`, which runs a command, and explains the errors of the runner.
    private nonisolated(nonsending) func explaining<Result>(
        _ command: Command, _ body: nonisolated(nonsending) () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as CommandError {
            switch error.code {
            case .notFound:
                throw GitError(.noGit, "there is no git on PATH; install Git 2.34 or newer", cause: error)
            case .deadline:
                throw GitError(
                    command.deadline == Self.localDeadline ? .undetermined : .unavailable,
                    "\(error.description); the repository is in \(quoted(command.workingDirectory ?? "."))",
                    cause: error)
            case .outputLimit:
                throw GitError.tooLarge(command.outputLimit, cause: error)
            case .failed:
                throw GitError(.gitFailed, error.description, cause: error)
            }
        }
    }

    /// Git's error output for a message: one line without credentials and control characters, at most `maximumDetail`
    /// characters.
    static func detail(_ errorOutput: String) -> String {
        let all = errorOutput.withoutURLCredentials().split { $0.isNewline }
        // Hints are about Git's own options, and come before the reason.
        let reasons = all.filter { !$0.hasPrefix("hint: ") && $0 != "hint:" }
        let lines = reasons.isEmpty ? all : reasons
        var out = lines.joined(separator: " / ").escapedForDisplay(limit: maximumDetail)
        // The sentence of the message continues after the detail.
        while out.hasSuffix(".") { out.removeLast() }
        return out
    }
}

extension GitError {
    /// The error for an output of Git that is larger than its limit.
    static func tooLarge(_ limit: Int, cause: (any Error)? = nil) -> GitError {
        GitError(
            .tooLarge, "Git's output is larger than \(limit) bytes; the commit or its files are too large",
            cause: cause)
    }
}
