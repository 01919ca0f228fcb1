internal import CapsuleCore
internal import OCI
public import Processes

/// Renders a release for a deployment with the user's own kustomize or helm: `format.md` §10.
///
/// Package and policy are scanned first; the renderer runs in a private tree, with a bare environment and without a network
/// where the system lets us take it away; what it prints is proven before anybody gets it.
public struct Renderer: Sendable {
    private let runner: any CommandRunner
    private let limits: RenderLimits
    private let tools: RendererTools

    /// A renderer that runs programs with `runner`. Keep one for a whole run: it asks each program for its version once.
    public init(runner: any CommandRunner, limits: RenderLimits = RenderLimits()) {
        self.runner = runner
        self.limits = limits
        self.tools = RendererTools(runner: runner, limits: limits)
    }

    /// Renders plain values. What a caller outside holds is a verified capsule, and the typed face is for it.
    func render(_ input: RenderInput) async throws -> RenderedManifests {
        let tool = try await tools.tool(for: input.package.kind)
        let invocation = try Invocation.plan(input, tool: tool.identity.name)
        let output = try await run(invocation, of: input, with: tool)
        let (items, findings) = ManifestStream.read(output, namespace: input.deployment.namespace, limits: limits)
        guard findings.isEmpty else { throw RenderRejection(deployment: input.deployment.name, findings: findings) }
        return RenderedManifests(
            files: items.map { PackageFile(path: $0.object.file, content: $0.content) }, renderer: tool.identity,
            objects: items.map(\.object), isolated: tool.unshare != nil)
    }

    private func run(_ invocation: Invocation, of input: RenderInput, with tool: RendererTool) async throws -> [UInt8] {
        try await PrivateDirectory.with { directory in
            try RendererTool.prepare(directory)
            try directory.makeDirectory("tree")
            let tree = PrivateDirectory(path: directory.appending("tree"))
            try tree.write(input.package.files, below: invocation.packagePath)
            try tree.write(invocation.policy + invocation.written, below: ".")
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
                let text = printable(
                    directory.scrubbed(tree.scrubbed(result.errorOutput)).trimmingLineEnds(), limit: limits.errorText)
                let how =
                    result.status > 128
                    ? "was ended by signal \(result.status - 128)" : "ended with status \(result.status)"
                throw RenderError(.failed, "\(what) \(how)" + (text.isEmpty ? "" : ": \(text)"))
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
            RenderError(.failed, "\(what) could not be run: \(quotedLine(error.description))", cause: error)
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
