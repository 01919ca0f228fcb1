public import Support

/// A rejected render: the scan before it or a proof after it rejects the release for this deployment.
///
/// Exit status 65. It is thrown, so that rejected manifests cannot be used as rendered manifests.
public struct RenderRejection: Error, Sendable, CustomStringConvertible {
    /// The deployment.
    public let deployment: String
    /// The findings, at least one.
    public let findings: [Finding]

    /// Rejects a render.
    public init(deployment: String, findings: [Finding]) {
        self.deployment = deployment
        self.findings = findings
    }

    /// One line for the deployment, and each finding on a line of its own.
    public var description: String {
        (["the render for deployment \(deployment) is rejected:"] + findings.map { "  \($0)" }).joined(separator: "\n")
    }
}
