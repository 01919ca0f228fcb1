internal import CapsuleCore
internal import FoundationEssentials
internal import Processes
internal import Support

/// Finds the installed renderers and reads their versions, each once.
///
/// It is an actor, so that concurrent renders read a version once.
actor RendererTools {
    private let runner: any CommandRunner
    private let cache: RenderCache?
    private let limits: RenderLimits
    private let temporaryDirectory: String?
    // The renderers that were found, by the names of the candidate programs.
    private var known: [[String]: RendererTool] = [:]
    private var asking: Set<[String]> = []
    private var waiting: [[String]: [CheckedContinuation<Void, Never>]] = [:]

    init(runner: any CommandRunner, cache: RenderCache?, limits: RenderLimits, temporaryDirectory: String?) {
        self.temporaryDirectory = temporaryDirectory
        self.runner = runner
        self.cache = cache
        self.limits = limits
    }

    /// The programs that can render a kind of package, in order of preference.
    static func candidates(_ kind: PackageKind, _ choice: RendererChoice) -> [String] {
        switch (kind, choice) {
        case (.helm, _): ["helm"]
        case (.kustomize, .automatic): ["kustomize", "kubectl"]
        case (.kustomize, .kustomize): ["kustomize"]
        case (.kustomize, .kubectl): ["kubectl"]
        }
    }

    /// The name and version of the first usable renderer. The program is not run when its version is cached and its
    /// file has not changed since then.
    ///
    /// - Throws: `RenderError.Code.noRenderer`
    func identity(
        for kind: PackageKind, _ choice: RendererChoice = .automatic
    ) async throws -> RendererIdentity {
        if let identity = knownIdentity(for: kind, choice) { return identity }
        return try await tool(for: kind, choice).identity
    }

    /// The name and version of the first usable renderer, if this run or an earlier one has read them. An earlier run
    /// may have read the version of a wrapper's former target.
    func knownIdentity(for kind: PackageKind, _ choice: RendererChoice) -> RendererIdentity? {
        if let tool = known[Self.candidates(kind, choice)] { return tool.identity }
        guard let cache, let program = likelyProgram(for: kind, choice),
            let key = ProgramStamp.key(program.path, kind: program.name), let bytes = cache.read(key)
        else { return nil }
        return try? JSONDecoder().decode(RendererIdentity.self, from: Data(bytes))
    }

    /// The program that ``tool(for:_:)`` probably returns: the first one on PATH, without a network. Nil when there is
    /// none.
    func likelyProgram(for kind: PackageKind, _ choice: RendererChoice) -> RendererProgram? {
        let names = Self.candidates(kind, choice)
        if let tool = known[names] { return tool.program }
        for name in names {
            if let path = runner.find(name) {
                return RendererProgram(name: name, path: path, unshare: runner.find("unshare"))
            }
        }
        return nil
    }

    /// The first usable renderer.
    ///
    /// - Throws: `RenderError.Code.noRenderer`
    func tool(
        for kind: PackageKind, _ choice: RendererChoice = .automatic
    ) async throws -> RendererTool {
        let names = Self.candidates(kind, choice)
        while asking.contains(names) {
            await withCheckedContinuation { waiting[names, default: []].append($0) }
        }
        try Task.checkCancellation()
        if let tool = known[names] { return tool }
        asking.insert(names)
        defer {
            asking.remove(names)
            for continuation in waiting.removeValue(forKey: names) ?? [] { continuation.resume() }
        }
        let tool = try await find(names, kind)
        known[names] = tool
        return tool
    }

    /// True when this run has read the version of a program.
    func isKnown(_ program: RendererProgram) -> Bool { known.values.contains { $0.program == program } }

    /// The renderer that a program is, with the version that it printed while it rendered; nil when it is not usable.
    func accept(_ program: RendererProgram, _ version: RendererVersion) -> RendererTool? {
        guard version >= Self.minimum(program.name) else { return nil }
        let tool = RendererTool(
            program: program, identity: RendererIdentity(name: program.name, version: version.description))
        remember(tool)
        known[[program.name]] = tool
        return tool
    }

    private func remember(_ tool: RendererTool) {
        guard let cache, let key = ProgramStamp.key(tool.program.path, kind: tool.program.name),
            let said = try? JSONEncoder().encode(tool.identity)
        else { return }
        cache.write(Array(said), key)
    }

    private static func minimum(_ name: String) -> RendererVersion {
        name == "helm" ? RendererVersion.minimumHelm : .minimumKustomize
    }

    private func find(_ names: [String], _ kind: PackageKind) async throws -> RendererTool {
        var reasons: [String] = []
        for name in names {
            guard let path = runner.find(name) else { continue }
            switch try await check(name, path) {
            case .usable(let tool): return tool
            case .unusable(let why): reasons.append(why)
            }
        }
        let advice = names.map { name in
            switch name {
            case "kubectl": "kubectl 1.27 or newer"
            case "helm": "helm \(RendererVersion.minimumHelm) or newer"
            default: "kustomize \(RendererVersion.minimumKustomize) or newer"
            }
        }
        let found =
            reasons.isEmpty
            ? "there is no \(names.joined(separator: " and no ")) on PATH" : reasons.joined(separator: "; ")
        throw RenderError(
            .noRenderer,
            "a \(kind.rawValue) package needs a renderer: \(found); install \(advice.joined(separator: " or ")) "
                + "and put it on PATH")
    }

    private enum Examination {
        case usable(RendererTool)
        case unusable(String)
    }

    private func check(_ name: String, _ path: String) async throws -> Examination {
        let arguments =
            switch name {
            case "kubectl": ["version", "--client", "--output", "json"]
            case "helm": ["version", "--template", "{{.Version}}"]
            default: ["version"]
            }
        return try await PrivateDirectory.with(in: temporaryDirectory) { directory in
            try RendererProgram.prepare(directory)
            // One run returns the version and shows that a program can run without a network on this machine.
            var program = RendererProgram(name: name, path: path, unshare: runner.find("unshare"))
            var result = try await run(program, arguments, in: directory)
            try Self.checkKilled(result, "\(path) \(arguments[0])")
            if program.unshare != nil, !result.succeeded {
                program = RendererProgram(name: name, path: path, unshare: nil)
                result = try await run(program, arguments, in: directory)
                try Self.checkKilled(result, "\(path) \(arguments[0])")
            }
            guard result.succeeded else {
                let said =
                    result.errorOutput.split(separator: "\n").last.map { ": " + $0.escapedForDisplay(limit: 300) } ?? ""
                return .unusable("\(path) \(arguments[0]) ended with status \(result.status)\(said)")
            }
            let minimum = Self.minimum(name)
            if name == "kustomize", UnversionedKustomize.printed(result.output) {
                return try await examine(program, in: directory, minimum)
            }
            guard let said = Self.versions(name, result.output) else {
                return .unusable("\(path) does not print its version")
            }
            guard said.renderer >= minimum else {
                let what = name == "kubectl" ? "has kustomize \(said.renderer) in it" : "is \(said.renderer)"
                return .unusable("\(path) \(what), older than \(minimum)")
            }
            return usable(program, version: said.text)
        }
    }

    /// Throws when somebody killed a program, for memory or to stop it.
    ///
    /// That says nothing about the program, so neither another program nor a run with a network is chosen for it. A crash
    /// does. 9 is SIGKILL, and 15 is SIGTERM.
    private static func checkKilled(_ result: CommandResult, _ what: String) throws(RenderError) {
        guard let signal = result.signal, signal == 9 || signal == 15 else { return }
        throw RenderError(
            .rendererFailed,
            "\(what) was killed by signal \(signal); run it again, and give it more memory if it repeats")
    }

    private func usable(_ program: RendererProgram, version: String) -> Examination {
        let tool = RendererTool(
            program: program, identity: RendererIdentity(name: program.name, version: version))
        remember(tool)
        return .usable(tool)
    }

    /// Finds out by a render whether a kustomize that was built without a version is new enough.
    private func examine(
        _ program: RendererProgram, in directory: PrivateDirectory, _ minimum: RendererVersion
    ) async throws -> Examination {
        let tree = PrivateDirectory(path: directory.appending("probe"))
        try directory.makeDirectory("probe")
        try tree.write(try UnversionedKustomize.probe())
        let result = try await run(program, ["build", tree.path], in: directory)
        try Self.checkKilled(result, "\(program.path) build")
        guard result.succeeded, UnversionedKustomize.isRendered(result.output) else {
            return .unusable(
                "\(program.path) was built without a version, and does not render as \(minimum) does: "
                    + tree.scrubbed(result.errorOutput).trimmingBlanks().escapedForDisplay(limit: 300))
        }
        do throws(SystemError) {
            return usable(program, version: try UnversionedKustomize.version(ofProgramAt: program.path))
        } catch {
            return .unusable("\(program.path) cannot be read: \(error.text)")
        }
    }

    private func run(
        _ program: RendererProgram, _ arguments: [String], in directory: PrivateDirectory
    ) async throws -> CommandResult {
        var command = program.isolated(arguments, in: directory)
        command.deadline = limits.versionDeadline
        command.outputLimit = 64 << 10
        do {
            return try await runner.run(command)
        } catch let error as CommandError {
            return CommandResult(status: -1, output: [], errorOutput: error.description)
        }
    }

    /// The version that decides what is rendered, and the text that records name: for kubectl its own version and that of
    /// the kustomize in it, as `kubectl version --client` says them.
    private static func versions(_ name: String, _ output: [UInt8]) -> (renderer: RendererVersion, text: String)? {
        guard name == "kubectl" else {
            return RendererVersion(in: String(decoding: output, as: UTF8.self)).map { ($0, $0.description) }
        }
        struct KubectlVersions: Decodable {
            struct Client: Decodable { let gitVersion: String? }
            let clientVersion: Client?
            let kustomizeVersion: String?
        }
        let versions = try? JSONDecoder().decode(KubectlVersions.self, from: Data(output))
        guard let kustomize = versions?.kustomizeVersion.flatMap({ RendererVersion(in: $0) }) else { return nil }
        let client = versions?.clientVersion?.gitVersion.flatMap { RendererVersion(in: $0) }
        let text = client.map { "\($0) (kustomize \(kustomize))" } ?? "with kustomize \(kustomize)"
        return (kustomize, text)
    }
}
