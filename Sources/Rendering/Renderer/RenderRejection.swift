public import Support

/// The rejection of a release for a deployment, by the scan before a render or by a proof after it.
///
/// The exit status is 65. The rejection is thrown, so that rejected manifests cannot be used as rendered manifests.
public struct RenderRejection: Error, Sendable, CustomStringConvertible {
    /// The rule of a finding about a renderer that refused the package.
    package static let rendererRule = "render.failed"

    /// The deployment.
    public let deployment: String
    /// The findings, at least one.
    public let findings: [Finding]

    /// Creates a rejection.
    package init(deployment: String, findings: [Finding]) {
        self.deployment = deployment
        self.findings = findings
    }

    /// True when the renderer refused the package, which another version of the renderer may accept.
    package var isByRenderer: Bool { findings.allSatisfy { $0.rule == Self.rendererRule } }

    /// The message for the deployment, followed by one line for each finding.
    public var description: String {
        (["the render for deployment \(deployment) is rejected:"] + findings.map { "  \($0)" }).joined(separator: "\n")
    }
}
