public import CapsuleCore
public import OCI

/// The report of a verification: every check, and whether the release may be used.
public struct VerificationReport: Hashable, Sendable, Codable {
    /// The version of the report's schema.
    public static let currentSchema = CapsuleFormat.documentSchema

    /// An image or a capsule that was verified.
    public struct Subject: Hashable, Sendable, Codable {
        /// The reference, as the request has it.
        public var reference: String
        /// The tag.
        public var tag: Tag?
        /// The digest that it had; nil when it was not found.
        public var digest: Digest?

        /// Describes an image or a capsule.
        package init(reference: String, tag: Tag?, digest: Digest?) {
            self.reference = reference
            self.tag = tag
            self.digest = digest
        }
    }

    /// The version of the report's schema.
    public var schemaVersion: String
    /// True when the release is verified.
    public var ok: Bool
    /// The form of the release; nil for a capsule.
    public var form: ReleaseForm?
    /// The witness of a pair; nil for a capsule, and when there is none.
    public var witness: WitnessReference?
    /// The capsule.
    public var capsule: Subject
    /// The image; nil when the release names none that could be looked up.
    public var image: Subject?
    /// The release that `release.yaml` describes; nil when it could not be read.
    public var release: ReleaseManifest?
    /// The checks, in the order of the chain.
    public var checks: [CheckResult]

    /// Makes a report. It is `ok` only when every check of the chain was made and passed, except those whose input a release
    /// of the legacy schema may lack. A missing check is not a pass.
    ///
    /// - Parameter evidence: the ids of the required checks of evidence, from `EvidenceRequirements.checkIDs`; each must
    ///   have been made and passed as often as it is listed.
    package init(
        form: ReleaseForm = .capsule, witness: WitnessReference? = nil, capsule: Subject, image: Subject?,
        release: ReleaseManifest?, checks: [CheckResult], evidence: [String] = []
    ) {
        schemaVersion = Self.currentSchema
        self.form = form.reported
        self.witness = witness
        self.capsule = capsule
        self.image = image
        self.release = release
        self.checks = checks
        ok = Self.isVerified(
            checks, of: form, evidence: evidence, legacy: release?.schemaVersion == ReleaseManifest.legacySchema)
    }

    private static func isVerified(
        _ checks: [CheckResult], of form: ReleaseForm, evidence: [String], legacy: Bool
    ) -> Bool {
        let statuses = Dictionary(grouping: checks, by: \.id).mapValues { $0.map(\.status) }
        let complete = CheckID.all(of: form).allSatisfy { id in
            switch statuses[id.rawValue] {
            case [.pass]: true
            case [.skipped]: legacy && id.maySkip
            default: false
            }
        }
        let required = Dictionary(grouping: evidence) { $0 }.mapValues(\.count)
        let proven = required.allSatisfy { id, count in statuses[id] == [CheckStatus](repeating: .pass, count: count) }
        return complete && proven && checks.allSatisfy { $0.status != .fail }
    }

    /// The checks that failed.
    public var failures: [CheckResult] { checks.filter { $0.status == .fail } }
}
