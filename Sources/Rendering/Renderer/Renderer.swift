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
        let renderer = try await tools.identity(for: input.package.kind, input.options.renderer)
        var invocation = try Invocation.plan(input, tool: renderer.name)
        guard invocation.findings.isEmpty else {
            throw RenderRejection(deployment: name, findings: invocation.findings)
        }
        if let cache, let output = cache.read(invocation.key(package: input.packageDigest, renderer: renderer)) {
            guard let other = invocation.withNamedNamespaces else {
                return try prove(output, nil, invocation, input, renderer, isolated: nil)
            }
            if let kept = cache.read(other.key(package: input.packageDigest, renderer: renderer)) {
                return try prove(output, kept, invocation, input, renderer, isolated: nil)
            }
        }
        // The version is read from the program here, because the cached one may be that of a wrapper's former target.
        let tool = try await tools.tool(for: input.package.kind, input.options.renderer)
        if tool.identity != renderer { invocation = try Invocation.plan(input, tool: tool.identity.name) }
        let outputs = try await outputs(invocation, of: input, with: tool)
        let rendered = try prove(
            outputs.rendered, outputs.kept, invocation, input, tool.identity, isolated: tool.unshare != nil)
        cache?.write(outputs.rendered, invocation.key(package: input.packageDigest, renderer: tool.identity))
        if let kept = outputs.kept, let other = invocation.withNamedNamespaces {
            cache?.write(kept, other.key(package: input.packageDigest, renderer: tool.identity))
        }
        return rendered
    }

    /// - Parameter kept: the output under which every object keeps the namespace that it names; nil when there is none.
    private func prove(
        _ output: [UInt8], _ kept: [UInt8]?, _ invocation: Invocation, _ input: RenderInput,
        _ renderer: RendererIdentity, isolated: Bool?
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
            objects: items.map(\.object), isolated: isolated, imageValues: invocation.helm?.description,
            warnings: HookName.warnings(items, namespace: deployment.namespace)
                + (kept.map { overrides(of: $0, by: items, invocation, deployment) } ?? []))
    }

    private func overrides(
        of kept: [UInt8], by items: [ManifestStream.Item], _ invocation: Invocation, _ deployment: Deployment
    ) -> [Finding] {
        let named = ManifestStream.read(kept, namespace: deployment.namespace, limits: limits).items
        return NamespaceOverrides.find(
            items, named, deployment, ObjectLocator(invocation.policy + invocation.package))
    }

    /// The outputs of a cold render.
    ///
    /// A chart is rendered twice, side by side where there is a core for it, because a chart that gives another output
    /// each time cannot be reproduced. A Kustomize package whose files name other namespaces is rendered a second time
    /// with these, to report which ones the render overrides.
    private func outputs(
        _ invocation: Invocation, of input: RenderInput, with tool: RendererTool
    ) async throws -> (rendered: [UInt8], kept: [UInt8]?) {
        let isChart = invocation.helm != nil
        let second = isChart ? try invocation.atAnotherTime(input.package) : invocation.withNamedNamespaces
        let runs = [invocation] + (second.map { [$0] } ?? [])
        let width = ProcessInfo.processInfo.activeProcessorCount > 1 ? runs.count : 1
        let outputs = try await concurrently(runs, width: width) { try await run($0, of: input, with: tool) }
        guard isChart else { return (outputs[0], outputs.dropFirst().first) }
        let findings = RepeatedRender.differences(outputs[0], outputs[1], input, limits)
        guard findings.isEmpty else { throw RenderRejection(deployment: input.deployment.name, findings: findings) }
        return (outputs[0], nil)
    }

    private func run(_ invocation: Invocation, of input: RenderInput, with tool: RendererTool) async throws -> [UInt8] {
        try await PrivateDirectory.with(in: temporaryDirectory) { directory in
            try RendererTool.prepare(directory)
            let tree = PrivateDirectory(path: directory.appending("tree"))
            try directory.makeDirectory("tree")
            try tree.write(invocation.package + invocation.policy + invocation.written)
            var command = tool.command(invocation.arguments, in: directory, limits: limits)
            command.workingDirectory = tree.path
            let what = "\(tool.identity) rendering deployment \(input.deployment.name)"
            let result: CommandResult
            do {
                result = try await runner.run(command)
            } catch let error as CommandError {
                throw Self.failure(error, what, limits)
            }
            guard result.succeeded else {
                let text = directory.scrubbed(tree.scrubbed(result.errorOutput)).trimmingLineEnds()
                // A program that crashes, is killed or cannot be started says nothing about the package.
                guard result.status < 126, !text.isEmpty, !text.hasPrefix("unshare: ") else {
                    let how =
                        result.status > 128
                        ? "was ended by signal \(result.status - 128)" : "ended with status \(result.status)"
                    let said = RendererFault.tail(text, limit: limits.errorText)
                        .escapedForDisplay(keepingLines: true, limit: limits.errorText + 1)
                    throw RenderError(.rendererFailed, "\(what) \(how)" + (said.isEmpty ? "" : ": \(said)"))
                }
                throw RenderRejection(
                    deployment: input.deployment.name,
                    findings: [Self.finding(text, invocation, input, tool.identity)])
            }
            return result.output
        }
    }

    /// The finding about a renderer that refused a package.
    private static func finding(
        _ text: String, _ invocation: Invocation, _ input: RenderInput, _ renderer: RendererIdentity
    ) -> Finding {
        guard let values = invocation.helm else {
            let files = invocation.package + invocation.policy + invocation.written
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

extension String {
    fileprivate func trimmingLineEnds() -> String {
        var text = Substring(self)
        while let last = text.last, last.isNewline { text.removeLast() }
        return String(text)
    }
}
