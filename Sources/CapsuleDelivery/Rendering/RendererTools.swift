internal import CapsuleCore
internal import FoundationEssentials
internal import Processes

/// Finds the user's own renderers, asks for their versions, and remembers the answers for as long as it lives.
///
/// An actor, so that twenty renders side by side ask once.
actor RendererTools {
    private let runner: any CommandRunner
    private let cache: RenderCache?
    private let limits: RenderLimits
    private let temporaryDirectory: String?
    private var known: [PackageKind: RendererTool] = [:]
    private var asking: Set<PackageKind> = []
    private var waiting: [PackageKind: [CheckedContinuation<Void, Never>]] = [:]

    init(runner: any CommandRunner, cache: RenderCache?, limits: RenderLimits, temporaryDirectory: String?) {
        self.temporaryDirectory = temporaryDirectory
        self.runner = runner
        self.cache = cache
        self.limits = limits
    }

    /// The programs that can render a kind of package, the preferred one first.
    static func candidates(_ kind: PackageKind) -> [String] {
        switch kind {
        case .kustomize: ["kustomize", "kubectl"]
        case .helm: ["helm"]
        }
    }

    /// The first usable renderer's name and version, without running it when the cache remembers what it said and its
    /// file has not changed since.
    ///
    /// - Throws: `RenderError.Code.noRenderer`
    func identity(for kind: PackageKind) async throws -> RendererIdentity {
        if let tool = known[kind] { return tool.identity }
        if let cache, let name = Self.candidates(kind).first(where: { runner.find($0) != nil }),
            let path = runner.find(name), let key = ProgramStamp.key(path, kind: name), let bytes = cache.read(key),
            let identity = try? JSONDecoder().decode(RendererIdentity.self, from: Data(bytes))
        {
            return identity
        }
        return try await tool(for: kind).identity
    }

    /// The first usable renderer.
    ///
    /// - Throws: `RenderError.Code.noRenderer`
    func tool(for kind: PackageKind) async throws -> RendererTool {
        while asking.contains(kind) {
            await withCheckedContinuation { waiting[kind, default: []].append($0) }
        }
        try Task.checkCancellation()
        if let tool = known[kind] { return tool }
        asking.insert(kind)
        defer {
            asking.remove(kind)
            for continuation in waiting.removeValue(forKey: kind) ?? [] { continuation.resume() }
        }
        let tool = try await find(kind)
        known[kind] = tool
        return tool
    }

    private func find(_ kind: PackageKind) async throws -> RendererTool {
        var reasons: [String] = []
        for name in Self.candidates(kind) {
            guard let path = runner.find(name) else { continue }
            switch try await ask(name, path) {
            case .usable(let tool): return tool
            case .unusable(let why): reasons.append(why)
            }
        }
        let minimum = kind == .helm ? RendererVersion.minimumHelm : .minimumKustomize
        let advice =
            switch kind {
            case .kustomize: "install kustomize \(minimum) or newer, or kubectl 1.27 or newer, and put it on PATH"
            case .helm: "install helm \(minimum) or newer and put it on PATH"
            }
        let found = reasons.isEmpty ? "nothing on PATH can render it" : reasons.joined(separator: "; ")
        throw RenderError(.noRenderer, "a \(kind.rawValue) package needs a renderer: \(found); \(advice)")
    }

    private enum Answer {
        case usable(RendererTool)
        case unusable(String)
    }

    private func ask(_ name: String, _ path: String) async throws -> Answer {
        let arguments =
            switch name {
            case "kubectl": ["version", "--client", "--output", "json"]
            case "helm": ["version", "--template", "{{.Version}}"]
            default: ["version"]
            }
        return try await PrivateDirectory.with(in: temporaryDirectory) { directory in
            try RendererTool.prepare(directory)
            // One run answers two questions: which version, and whether a program can be run without a network here.
            var unshare = runner.find("unshare")
            var result = try await run(path, arguments, unshare: unshare, in: directory)
            if unshare != nil, !result.succeeded {
                unshare = nil
                result = try await run(path, arguments, unshare: nil, in: directory)
            }
            guard result.succeeded else {
                let said = result.errorOutput.split(separator: "\n").last.map { ": " + quotedLine($0) } ?? ""
                return .unusable("\(path) \(arguments[0]) ended with status \(result.status)\(said)")
            }
            guard let version = Self.version(name, result.output) else {
                return .unusable("\(path) does not say its version (a build of your own?)")
            }
            let minimum = name == "helm" ? RendererVersion.minimumHelm : .minimumKustomize
            guard version >= minimum else {
                let what = name == "kubectl" ? "has kustomize \(version) in it" : "is \(version)"
                return .unusable("\(path) \(what), older than \(minimum)")
            }
            let identity = RendererIdentity(name: name, version: version.description)
            if let cache, let key = ProgramStamp.key(path, kind: name), let said = try? JSONEncoder().encode(identity) {
                cache.write(Array(said), key)
            }
            return .usable(RendererTool(path: path, identity: identity, unshare: unshare))
        }
    }

    private func run(
        _ path: String, _ arguments: [String], unshare: String?, in directory: PrivateDirectory
    ) async throws -> CommandResult {
        var command = RendererTool.isolated(path, arguments, unshare: unshare, in: directory)
        command.deadline = limits.versionDeadline
        command.outputLimit = 64 << 10
        do {
            return try await runner.run(command)
        } catch let error as CommandError {
            return CommandResult(status: -1, output: [], errorOutput: error.description)
        }
    }

    private static func version(_ name: String, _ output: [UInt8]) -> RendererVersion? {
        guard name == "kubectl" else { return RendererVersion(in: String(decoding: output, as: UTF8.self)) }
        struct Answer: Decodable { let kustomizeVersion: String? }
        let answer = try? JSONDecoder().decode(Answer.self, from: Data(output))
        return answer?.kustomizeVersion.flatMap { RendererVersion(in: $0) }
    }
}
