public import CapsuleCore
public import OCI

/// What a verification found: every check, and whether the release may be used.
public struct VerificationReport: Hashable, Sendable, Codable {
    /// The version of this document.
    public static let currentSchema = "release-capsule/v1alpha1"

    /// Something that was looked at.
    public struct Subject: Hashable, Sendable, Codable {
        /// Where it was looked for, as it was asked for.
        public var reference: String
        /// The tag.
        public var tag: Tag?
        /// The digest that it had; nil when it was not found.
        public var digest: Digest?

        /// Names something.
        public init(reference: String, tag: Tag?, digest: Digest?) {
            self.reference = reference
            self.tag = tag
            self.digest = digest
        }
    }

    /// The version of this document.
    public var schemaVersion: String
    /// Whether the release is verified.
    public var ok: Bool
    /// The capsule.
    public var capsule: Subject
    /// The image; nil when the release names none that could be looked for.
    public var image: Subject?
    /// What `release.yaml` says; nil when it could not be read.
    public var release: ReleaseManifest?
    /// The checks, in the order of the chain.
    public var checks: [CheckResult]

    /// Puts a report together. It is `ok` only when every check of the chain was made and passed, save those that a
    /// document of the first draft may lack the facts for; no list of checks is short enough to pass.
    ///
    /// - Parameter evidence: the checks of the evidence that was asked for, as `EvidenceRequirements.checkIDs` names
    ///   them; each must have been made and passed as often as it stands there.
    public init(
        capsule: Subject, image: Subject?, release: ReleaseManifest?, checks: [CheckResult], evidence: [String] = []
    ) {
        schemaVersion = Self.currentSchema
        self.capsule = capsule
        self.image = image
        self.release = release
        self.checks = checks
        ok = Self.isVerified(
            checks, evidence: evidence, legacy: release?.schemaVersion == ReleaseManifest.legacySchema)
    }

    private static func isVerified(_ checks: [CheckResult], evidence: [String], legacy: Bool) -> Bool {
        let statuses = Dictionary(grouping: checks, by: \.id).mapValues { $0.map(\.status) }
        let complete = CheckID.allCases.allSatisfy { id in
            switch statuses[id.rawValue] {
            case [.pass]: true
            case [.skipped]: legacy && id.maySkip
            default: false
            }
        }
        let asked = Dictionary(grouping: evidence) { $0 }.mapValues(\.count)
        let proven = asked.allSatisfy { id, count in statuses[id] == [CheckStatus](repeating: .pass, count: count) }
        return complete && proven && checks.allSatisfy { $0.status != .fail }
    }

    /// The checks that failed.
    public var failures: [CheckResult] { checks.filter { $0.status == .fail } }
}
