internal import CapsuleCore
internal import CapsuleTrust
internal import OCI
internal import Promotion
internal import ReleaseWorkflows
internal import Signing
internal import Support

/// The JSON document of a response to `POST /verify`.
struct VerifyResponse: Codable, Sendable {
    /// The release that the capsule describes.
    struct Release: Codable, Sendable {
        struct Image: Codable, Sendable {
            var repoURL: Repository
            var tag: Tag
            var digest: Digest?
        }
        struct Capsule: Codable, Sendable {
            var repoURL: String
            var tag: Tag?
            var digest: Digest?
        }
        var gitCommit: CommitID
        var packageKind: PackageKind
        var packagePath: RelativePath
        var packageEntry: TreeDirectory?
        var packageDigest: Digest?
        var imageName: String?
        var image: Image
        var capsule: Capsule
    }

    var ok: Bool
    /// The reason in one line, for people.
    var reason: String
    /// The form of the release; nil for a capsule.
    var form: ReleaseForm?
    /// The witness of a pair; nil for a capsule, and when there is none.
    var witness: WitnessReference?
    /// The release; nil when `release.yaml` could not be read.
    var release: Release?
    /// Every check, and `request.release` if the request has a claim about the release.
    var checks: [CheckResult]
    /// The preparation of a stage, if the request has `render` and every check passed.
    var render: StagePreparation?

    /// The document for a report.
    init(_ report: VerificationReport, for request: VerifyRequest) {
        release = report.release.map { release in
            Release(
                gitCommit: release.gitCommit, packageKind: release.package.kind, packagePath: release.package.path,
                packageEntry: release.package.entry,
                packageDigest: Self.packageDigest(report) ?? release.package.digest,
                imageName: release.package.imageName,
                image: .init(
                    repoURL: release.image.repoURL, tag: release.image.tag,
                    digest: release.image.digest ?? report.image?.digest),
                capsule: .init(
                    repoURL: request.capsule.repository.description, tag: report.capsule.tag,
                    digest: report.capsule.digest))
        }
        form = report.form
        witness = report.witness
        checks = report.checks
        ok = report.ok
        if let claim = request.claim {
            let check = claim.check(release)
            checks.append(check)
            ok = ok && check.status == .pass
        }
        let failed = checks.filter { $0.status == .fail }
        if ok {
            let counts = "\(checks.count { $0.status == .pass }) checks passed"
            let skipped = checks.count { $0.status == .skipped }
            reason = "verified: " + counts + (skipped == 0 ? "" : ", \(skipped) skipped")
        } else {
            let what = failed.map { "\($0.id): \($0.reason ?? "failed")" }
            reason = (what.isEmpty ? "not every check could be run" : what.joined(separator: "; ")).escapedForDisplay()
        }
    }

    /// The digest that the check computed from the package's files, which `release.yaml` of the first draft does not
    /// contain.
    private static func packageDigest(_ report: VerificationReport) -> Digest? {
        report.checks.first { $0.id == "package.digest" }?.evidence["digest"].flatMap { try? Digest($0) }
    }

    /// Adds the preparation of a stage. The document is negative if a gate is closed or a proof failed.
    mutating func add(_ render: StagePreparation) {
        self.render = render
        guard !render.ok else { return }
        ok = false
        let reasons = render.gates.filter { !$0.ok }.map(\.description) + render.findings.map(\.description)
        reason = "\(render.stage) does not accept this release: \(reasons.joined(separator: "; "))".escapedForDisplay()
    }
}
