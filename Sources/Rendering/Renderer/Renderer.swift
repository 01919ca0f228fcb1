package import CapsuleCore
internal import FoundationEssentials
internal import OCI
public import Processes
internal import Support

/// Renders a release for a deployment with the user's own kustomize or helm: `format.md` §10.
///
/// Package and policy are scanned first. The renderer runs in a private tree, with an empty environment and, where the
/// system allows it, without a network. Its output must pass the proofs before it is returned.
public struct Renderer: Sendable {
    private let runner: any CommandRunner
    private let cache: RenderCache?
    private let limits: RenderLimits
    private let temporaryDirectory: String?
    private let tools: RendererTools

    /// Creates a renderer that runs programs with `runner`. Use one for a whole run: it reads the version of each
    /// program once.
    ///
    /// - Parameter temporaryDirectory: the directory for private trees; nil for the system's temporary directory.
    public init(runner: any CommandRunner, cache: RenderCache?, temporaryDirectory: String? = nil) {
        self.init(runner: runner, cache: cache, limits: RenderLimits(), temporaryDirectory: temporaryDirectory)
    }

    /// Creates a renderer with other limits.
    init(runner: any CommandRunner, cache: RenderCache?, limits: RenderLimits, temporaryDirectory: String? = nil) {
        self.runner = runner
        self.cache = cache
        self.limits = limits
        self.temporaryDirectory = temporaryDirectory
        self.tools = RendererTools(
            runner: runner, cache: cache, limits: limits, temporaryDirectory: temporaryDirectory)
    }

    /// The same renderer without a cache, for results that must not depend on one.
    package func withoutCache() -> Renderer {
        Renderer(runner: runner, cache: nil, limits: limits, temporaryDirectory: temporaryDirectory)
    }

    /// The program that renders packages of a kind, and its version.
    ///
    /// - Throws: `RenderError.Code.noRenderer`, with the program to install.
    package func identity(
        for kind: PackageKind, choice: RendererChoice = .automatic
    ) async throws -> RendererIdentity {
        try await tools.identity(for: kind, choice)
    }

    /// Renders plain inputs. Callers outside this module render a verified capsule.
    func render(_ input: RenderInput) async throws -> RenderedManifests {
        let name = input.deployment.name
        let policySize = input.policy.files.reduce(0) { $0 + $1.content.count }
        guard policySize <= limits.policySize else {
            throw RenderRejection(
                deployment: name,
                findings: [
                    Finding(
                        rule: "render.policy-size",
                        message:
                            "the environment policy has \(policySize) bytes; at most \(limits.policySize) are rendered",
                        remedy: "move files that are not policy to another directory")
                ])
        }
        var plans = InvocationPlans(input)
        if let cache, let renderer = await tools.knownIdentity(for: input.package.kind, input.options.renderer) {
            let invocation = try plans.plan(for: renderer.name)
            if let output = cache.read(invocation.key(package: input.packageDigest, renderer: renderer)) {
                return try prove(output, invocation, input, renderer, isolated: nil)
            }
        }
        let (output, tool) = try await coldOutput(of: input, &plans)
        let invocation = try plans.plan(for: tool.identity.name)
        let rendered = try prove(output, invocation, input, tool.identity, isolated: tool.program.unshare != nil)
        cache?.write(output, invocation.key(package: input.packageDigest, renderer: tool.identity))
        return rendered
    }

    /// The output of a cold render, and the renderer.
    ///
    /// A renderer takes as long to print its version as to render, so the version is found while it renders. It comes from
    /// the program even when it is cached, because the cached one may be that of a wrapper's former target. If another
    /// program must render, or programs cannot run without a network, the first output is discarded.
    private func coldOutput(
        of input: RenderInput, _ plans: inout InvocationPlans
    ) async throws -> (output: [UInt8], tool: RendererTool) {
        let (kind, choice) = (input.package.kind, input.options.renderer)
        if let likely = await tools.likelyProgram(for: kind, choice) {
            let invocation = try plans.plan(for: likely.name)
            if invocation.helm != nil {
                if let found = try await chartOutput(invocation, of: input, with: likely) { return found }
            } else {
                async let rendering = run(invocation, of: input, with: likely)
                let tool = try await tools.tool(for: kind, choice)
                if tool.program == likely { return (try await rendering, tool) }
            }
        }
        let tool = try await tools.tool(for: kind, choice)
        let invocation = try plans.plan(for: tool.identity.name)
        guard invocation.helm != nil else { return (try await run(invocation, of: input, with: tool.program), tool) }
        return (try await outputs(invocation, of: input, with: tool.program, probe: nil).output, tool)
    }

    /// The output of a chart, and the renderer; nil when another program must render.
    private func chartOutput(
        _ invocation: Invocation, of input: RenderInput, with program: RendererProgram
    ) async throws -> (output: [UInt8], tool: RendererTool)? {
        let probe = await tools.isKnown(program) ? nil : HelmVersionProbe(input.package)
        let outcome: Result<(output: [UInt8], version: RendererVersion?), any Error>
        do {
            outcome = .success(try await outputs(invocation, of: input, with: program, probe: probe))
        } catch let error as CancellationError {
            throw error
        } catch {
            outcome = .failure(error)
        }
        if case .success(let (output, version?)) = outcome, let tool = await tools.accept(program, version) {
            return (output, tool)
        }
        // The program may not be able to render at all.
        let tool = try await tools.tool(for: input.package.kind, input.options.renderer)
        return tool.program == program ? (try outcome.get().output, tool) : nil
    }

    private func prove(
        _ output: [UInt8], _ invocation: Invocation, _ input: RenderInput, _ renderer: RendererIdentity, isolated: Bool?
    ) throws -> RenderedManifests {
        let deployment = input.deployment
        let pinned = invocation.helm == nil ? output : HelmImagePins.pin(output, input.release)
        var (items, findings) = ManifestStream.read(pinned, namespace: deployment.namespace, limits: limits)
        if findings.isEmpty {
            let locator = SourceLocator(
                policy: invocation.policy, package: invocation.package, envType: deployment.envType)
            findings = RenderProofs.check(
                items, release: input.release, deployment: deployment, options: input.options, locator: locator,
                definitions: { input.policy.files + input.package.filesWithPackedCharts })
            if let values = invocation.helm {
                let chart = HelmFindings(input, values)
                findings = chart.explain(findings, items) + chart.labels(items, input.release)
            }
        }
        guard findings.isEmpty else { throw RenderRejection(deployment: deployment.name, findings: findings) }
        return RenderedManifests(
            files: items.map { PackageFile(path: $0.object.file, content: $0.content) }, renderer: renderer,
            objects: items.map(\.object), isolated: isolated, imageValues: invocation.helm?.description)
    }

    /// The output of a chart, which is rendered twice, side by side where there is a core for it, because a chart that gives
    /// another output each time cannot be reproduced.
    ///
    /// - Parameter probe: finds the version of Helm.
    private func outputs(
        _ invocation: Invocation, of input: RenderInput, with program: RendererProgram, probe: HelmVersionProbe?
    ) async throws -> (output: [UInt8], version: RendererVersion?) {
        var second = try invocation.atAnotherTime(input.package)
        if let probe { second = try probe.added(to: second) }
        let runs = [invocation, second]
        let width = ProcessInfo.processInfo.activeProcessorCount > 1 ? runs.count : 1
        let outputs = try await concurrently(runs, width: width) { try await run($0, of: input, with: program) }
        let (other, version) = probe?.taken(from: outputs[1]) ?? (outputs[1], nil)
        let findings = RepeatedRender.differences(outputs[0], other, input, limits)
        guard findings.isEmpty else { throw RenderRejection(deployment: input.deployment.name, findings: findings) }
        return (outputs[0], version)
    }

    private func run(
        _ invocation: Invocation, of input: RenderInput, with program: RendererProgram
    ) async throws -> [UInt8] {
        try await PrivateDirectory.with(in: temporaryDirectory) { directory in
            try RendererProgram.prepare(directory)
            let tree = PrivateDirectory(path: directory.appending("tree"))
            try directory.makeDirectory("tree")
            let files = invocation.package + invocation.policy + invocation.written
            try tree.write(files)
            var command = program.command(
                invocation.arguments, in: directory, inputSize: files.reduce(0) { $0 + $1.content.count },
                limits: limits)
            command.workingDirectory = tree.path
            // Only the message of a failure has to wait for the version.
            func what() async throws -> String {
                let identity = try await tools.tool(for: input.package.kind, input.options.renderer).identity
                return "\(identity) rendering deployment \(input.deployment.name)"
            }
            let result: CommandResult
            do {
                result = try await runner.run(command)
            } catch let error as CommandError {
                throw Self.failure(error, try await what(), limits)
            }
            guard result.succeeded else {
                let text = directory.scrubbed(tree.scrubbed(result.errorOutput)).withoutLogHeads().trimmingLineEnds()
                    .escapedForDisplay(keepingLines: true, limit: limits.errorText)
                let how =
                    result.status > 128
                    ? "was ended by signal \(result.status - 128)" : "ended with status \(result.status)"
                if let values = invocation.helm, let finding = HelmFindings(input, values).rejection(text) {
                    throw RenderRejection(deployment: input.deployment.name, findings: [finding])
                }
                let what = try await what()
                throw RenderError(.rendererFailed, "\(what) \(how)" + (text.isEmpty ? "" : ": \(text)"))
            }
            return result.output
        }
    }

    private static func failure(_ error: CommandError, _ what: String, _ limits: RenderLimits) -> RenderError {
        switch error.code {
        case .deadline:
            RenderError(.deadline, "\(what) ran longer than \(limits.deadline) and was stopped", cause: error)
        case .outputLimit:
            RenderError(
                .outputLimit, "\(what) printed more than \(limits.outputSize) bytes and was stopped", cause: error)
        case .notFound, .failed:
            RenderError(
                .rendererFailed, "\(what) could not be run: \(error.description.escapedForDisplay(limit: 300))",
                cause: error)
        }
    }
}

extension String {
    /// The text without the heads of kubectl's log lines, `E1130 17:38:20.243955   22539 run.go:72] `, which differ from run
    /// to run.
    fileprivate func withoutLogHeads() -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard let level = line.first, "EFIW".contains(level), line.dropFirst().prefix(4).allSatisfy(\.isNumber),
                let end = line.firstRange(of: "] "), line[..<end.lowerBound].contains(".go:")
            else { return line }
            return line[end.upperBound...]
        }.joined(separator: "\n")
    }

    fileprivate func trimmingLineEnds() -> String {
        var text = Substring(self)
        while let last = text.last, last.isNewline { text.removeLast() }
        return String(text)
    }
}
