public import Support

/// The answer "no" to a render: the scan before it or a proof after it refuses the release for this deployment.
///
/// Exit status 65. Thrown, so that nothing that was refused can be taken for rendered manifests.
public struct RenderRejection: Error, Sendable, CustomStringConvertible {
    /// The deployment.
    public let deployment: String
    /// Everything that speaks against it, at least one.
    public let findings: [Finding]

    /// Refuses a render.
    public init(deployment: String, findings: [Finding]) {
        self.deployment = deployment
        self.findings = findings
    }

    /// One line for the deployment, and each finding on a line of its own.
    public var description: String {
        (["the render for deployment \(deployment) is refused:"] + findings.map { "  \($0)" }).joined(separator: "\n")
    }
}
