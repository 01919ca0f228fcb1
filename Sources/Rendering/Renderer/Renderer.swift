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
    /// - Parameters:
    ///   - temporaryDirectory: the directory for private trees; nil for the system's temporary directory.
    ///   - memory: the maximum number of bytes of memory that a renderer may use; nil for 2 GiB. Ignored on macOS, which has no such limit.
    public init(
        runner: any CommandRunner, cache: RenderCache?, temporaryDirectory: String? = nil, memory: Int? = nil
    ) {
        self.init(
            runner: runner, cache: cache, limits: RenderLimits(memory: memory), temporaryDirectory: temporaryDirectory)
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

    /// True when a program that renders is on `PATH`.
    package var isInstalled: Bool {
        [PackageKind.kustomize, .helm].contains { kind in
            RendererTools.candidates(kind, .automatic).contains { runner.find($0) != nil }
        }
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
            if let outputs = cachedOutputs(of: invocation, input, renderer, in: cache) {
                return try prove(outputs, invocation, input, renderer, isolated: nil)
            }
        }
        let (outputs, tool) = try await coldOutputs(of: input, &plans)
        let invocation = try plans.plan(for: tool.identity.name)
        let rendered = try prove(outputs, invocation, input, tool.identity, isolated: tool.program.unshare != nil)
        cache?.write(outputs.rendered, invocation.key(package: input.packageDigest, renderer: tool.identity))
        if let named = outputs.named, let other = invocation.withNamedNamespaces {
            cache?.write(named, other.key(package: input.packageDigest, renderer: tool.identity))
        }
        return rendered
    }

    /// What the renderer printed.
    private struct Outputs: Sendable {
        let rendered: [UInt8]
        /// The output under which every object keeps the namespace that it names; nil when the render overrides none.
        var named: [UInt8]?
        /// The version of the renderer, if it was printed, too.
        var version: RendererVersion?
    }

    private func cachedOutputs(
        of invocation: Invocation, _ input: RenderInput, _ renderer: RendererIdentity, in cache: RenderCache
    ) -> Outputs? {
        func read(_ invocation: Invocation) -> [UInt8]? {
            cache.read(invocation.key(package: input.packageDigest, renderer: renderer))
        }
        guard let rendered = read(invocation) else { return nil }
        guard let other = invocation.withNamedNamespaces else { return Outputs(rendered: rendered) }
        return read(other).map { Outputs(rendered: rendered, named: $0) }
    }

    /// The outputs of a cold render, and the renderer.
    ///
    /// A renderer takes as long to print its version as to render, so the version is found while it renders. It comes from
    /// the program even when it is cached, because the cached one may be that of a wrapper's former target. If another
    /// program must render, or programs cannot run without a network, the first output is discarded.
    private func coldOutputs(
        of input: RenderInput, _ plans: inout InvocationPlans
    ) async throws -> (outputs: Outputs, tool: RendererTool) {
        let (kind, choice) = (input.package.kind, input.options.renderer)
        if let likely = await tools.likelyProgram(for: kind, choice) {
            let invocation = try plans.plan(for: likely.name)
            if invocation.helm != nil {
                if let found = try await chartOutputs(invocation, of: input, with: likely) { return found }
            } else {
                async let rendering = outputs(invocation, of: input, with: likely, probe: nil)
                let tool = try await tools.tool(for: kind, choice)
                if tool.program == likely { return (try await rendering, tool) }
            }
        }
        let tool = try await tools.tool(for: kind, choice)
        let invocation = try plans.plan(for: tool.identity.name)
        return (try await outputs(invocation, of: input, with: tool.program, probe: nil), tool)
    }

    /// The outputs of a chart, and the renderer; nil when another program must render.
    private func chartOutputs(
        _ invocation: Invocation, of input: RenderInput, with program: RendererProgram
    ) async throws -> (outputs: Outputs, tool: RendererTool)? {
        let probe = await tools.isKnown(program) ? nil : HelmVersionProbe(input.package)
        let outcome: Result<Outputs, any Error>
        do {
            outcome = .success(try await outputs(invocation, of: input, with: program, probe: probe))
        } catch let error as CancellationError {
            throw error
        } catch {
            outcome = .failure(error)
        }
        if case .success(let outputs) = outcome, let version = outputs.version,
            let tool = await tools.accept(program, version)
        {
            return (outputs, tool)
        }
        // The program may not be able to render at all.
        let tool = try await tools.tool(for: input.package.kind, input.options.renderer)
        return tool.program == program ? (try outcome.get(), tool) : nil
    }

    private func prove(
        _ outputs: Outputs, _ invocation: Invocation, _ input: RenderInput, _ renderer: RendererIdentity,
        isolated: Bool?
    ) throws -> RenderedManifests {
        let deployment = input.deployment
        let pinned = invocation.helm == nil ? outputs.rendered : HelmImagePins.pin(outputs.rendered, input.release)
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
            objects: items.map(\.object), isolated: isolated, imageValues: invocation.helm?.description,
            warnings: HookName.warnings(items, namespace: deployment.namespace)
                + (outputs.named.map { overrides(of: $0, by: items, invocation, deployment) } ?? []))
    }

    private func overrides(
        of named: [UInt8], by items: [ManifestStream.Item], _ invocation: Invocation, _ deployment: Deployment
    ) -> [Finding] {
        let other = ManifestStream.read(named, namespace: deployment.namespace, limits: limits).items
        return NamespaceOverrides.find(
            items, other, deployment, ObjectLocator(invocation.policy + invocation.package))
    }

    /// The outputs of a cold render.
    ///
    /// A chart is rendered twice, side by side where there is a core for it, because a chart that gives another output
    /// each time cannot be reproduced. A Kustomize package whose files name other namespaces is rendered a second time
    /// with these, to report which ones the render overrides.
    ///
    /// - Parameter probe: finds the version of Helm.
    private func outputs(
        _ invocation: Invocation, of input: RenderInput, with program: RendererProgram, probe: HelmVersionProbe?
    ) async throws -> Outputs {
        let isChart = invocation.helm != nil
        let second = isChart ? try invocation.atAnotherTime(input.package) : invocation.withNamedNamespaces
        let runs = try ([invocation] + (second.map { [$0] } ?? [])).map { try probe?.added(to: $0) ?? $0 }
        let width = ProcessInfo.processInfo.activeProcessorCount > 1 ? runs.count : 1
        let outputs = try await PrivateDirectory.with(in: temporaryDirectory) { directory in
            try RendererProgram.prepare(directory)
            let trees = try Self.write(runs, in: directory)
            return try await concurrently(Array(zip(runs, trees)), width: width) {
                try await run($0, of: input, with: program, in: directory, tree: $1)
            }
        }
        guard isChart else { return Outputs(rendered: outputs[0], named: outputs.dropFirst().first) }
        let printed = outputs.map { probe?.taken(from: $0) ?? (output: $0, version: nil) }
        let findings = RepeatedRender.differences(printed[0].output, printed[1].output, input, limits)
        guard findings.isEmpty else { throw RenderRejection(deployment: input.deployment.name, findings: findings) }
        return Outputs(rendered: printed[0].output, version: printed[0].version)
    }

    /// Writes the files of each run. Runs with the same files have one tree, which no renderer changes.
    private static func write(_ runs: [Invocation], in directory: PrivateDirectory) throws -> [PrivateDirectory] {
        var trees: [(files: [PackageFile], tree: PrivateDirectory)] = []
        return try runs.map { run in
            let files = run.files
            if let same = trees.first(where: { $0.files == files }) { return same.tree }
            let name = "tree-\(trees.count)"
            try directory.makeDirectory(name)
            let tree = PrivateDirectory(path: directory.appending(name))
            try tree.write(files)
            trees.append((files, tree))
            return tree
        }
    }

    private func run(
        _ invocation: Invocation, of input: RenderInput, with program: RendererProgram, in directory: PrivateDirectory,
        tree: PrivateDirectory
    ) async throws -> [UInt8] {
        let files = invocation.files
        var command = program.command(
            invocation.arguments, in: directory, inputSize: files.reduce(0) { $0 + $1.content.count },
            limits: limits)
        command.workingDirectory = tree.path
        // Only a failure has to wait for the version.
        func identity() async throws -> RendererIdentity {
            try await tools.tool(for: input.package.kind, input.options.renderer).identity
        }
        func what() async throws -> String {
            "\(try await identity()) rendering deployment \(input.deployment.name)"
        }
        let result: CommandResult
        do {
            result = try await runner.run(command)
        } catch let error as CommandError {
            throw Self.failure(error, try await what(), limits)
        }
        guard result.succeeded else {
            let text = directory.scrubbed(tree.scrubbed(result.errorOutput)).withoutLogHeads().trimmingLineEnds()
            // A program that crashes, is killed or cannot be started says nothing about the package.
            guard result.status < 126, !text.isEmpty, !text.hasPrefix("unshare: "), !result.isGoCrash else {
                let how = result.signal.map { "was killed by signal \($0)" } ?? "ended with status \(result.status)"
                let said = RendererFault.tail(text, limit: limits.errorText)
                    .escapedForDisplay(keepingLines: true, limit: limits.errorText + 1)
                let what = try await what()
                if result.isOutOfMemory {
                    throw RenderError(
                        .memoryLimit,
                        "\(what) needed more memory than it may use, which is \(limits.memory >> 20) MiB, and ended; make "
                            + "the package smaller (look for values and templates that multiply), or set a higher limit: "
                            + "\(RendererMemory.variable)=\(limits.memory >> 19) (MiB)")
                }
                throw RenderError(.rendererFailed, "\(what) \(how)" + (said.isEmpty ? "" : ": \(said)"))
            }
            throw RenderRejection(
                deployment: input.deployment.name,
                findings: [Self.finding(text, invocation, input, try await identity())])
        }
        return result.output
    }

    /// The finding about a renderer that refused a package.
    private static func finding(
        _ text: String, _ invocation: Invocation, _ input: RenderInput, _ renderer: RendererIdentity
    ) -> Finding {
        guard let values = invocation.helm else {
            let files = invocation.files
            return KustomizeFault(files, input.deployment).read(text).finding(renderer)
        }
        let fault = HelmFault(input.package, values: invocation.policy, input.deployment).read(text)
        return HelmFindings(input, values).rejection(text, fault) ?? fault.finding(renderer)
    }

    private static func failure(_ error: CommandError, _ what: String, _ limits: RenderLimits) -> RenderError {
        switch error.code {
        case .deadline:
            RenderError(
                .deadline,
                "\(what) ran longer than \(limits.deadline) and was stopped; run it again, and look for a loop in the package "
                    + "if it repeats", cause: error)
        case .outputLimit:
            RenderError(
                .outputLimit,
                "\(what) printed more than \(limits.outputSize) bytes, the limit for manifests, and was stopped; make the "
                    + "package smaller", cause: error)
        case .notFound, .failed:
            RenderError(
                .rendererFailed, "\(what) could not be run: \(error.description.escapedForDisplay(limit: 300))",
                cause: error)
        }
    }
}

extension CommandResult {
    /// True when the runtime of Go ended the program: it had no memory, or could not start a thread. Its status is 2, which
    /// renderers do not use.
    fileprivate var isGoCrash: Bool {
        status == 2
            && errorOutput.split(separator: "\n").contains { line in
                ["fatal error: ", "runtime: ", "runtime/cgo: "].contains { line.hasPrefix($0) }
            }
    }

    /// True when the runtime of Go ended the program because the system gave it no more memory.
    fileprivate var isOutOfMemory: Bool {
        isGoCrash
            && ["out of memory", "cannot allocate memory", "cannot map pages"].contains { errorOutput.contains($0) }
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
