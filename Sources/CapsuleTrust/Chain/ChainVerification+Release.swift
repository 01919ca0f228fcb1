internal import CapsuleCore
internal import Documents
internal import OCI
internal import Support

extension ChainVerification {
    /// Checks that `release.yaml` decodes strictly and that the config and the annotations agree with it.
    func releaseSchema() -> CheckResult {
        let id = CheckID.releaseSchema
        let release: ReleaseManifest
        switch capsule.release {
        case .value(let value): release = value
        case .rejected(let rejection): return id.fail(rejection.reason, remedy: rejection.remedy)
        case .notAttempted(let reason): return id.skip(reason)
        }
        let evidence = ["schemaVersion": release.schemaVersion]
        switch config {
        case .value(let config):
            guard config.form == capsule.form else {
                return id.fail(
                    "the config is that of a \(config.form.artifact), and the manifest that of a \(capsule.form.artifact)",
                    remedy: Self.rebuild, evidence)
            }
            if let difference = Self.difference(config, release) {
                return id.fail(
                    "the config and release.yaml differ: \(difference)", remedy: Self.rebuild, evidence)
            }
            // The check of the manifest reports an annotation that is not a time.
            if let created = annotations[CapsuleFormat.Annotation.created].flatMap(CapsuleFormat.seconds),
                created != config.created
            {
                return id.fail(
                    "the config was created \(CapsuleFormat.timestamp(config.created)), and the manifest "
                        + CapsuleFormat.timestamp(created), remedy: Self.rebuild, evidence)
            }
        case .rejected(let rejection): return id.fail(rejection.reason, remedy: rejection.remedy, evidence)
        case .notAttempted(let reason): return id.skip(reason, evidence)
        }
        // The other annotations are compared by the checks of the values that they repeat.
        let keys = [
            CapsuleFormat.Annotation.source, CapsuleFormat.Annotation.title, CapsuleFormat.Annotation.packageKind,
            CapsuleFormat.Annotation.packagePath, CapsuleFormat.Annotation.packageDigest,
        ]
        let expected = CapsuleFormat.identityAnnotations(of: release)
        for key in keys {
            if let problem = annotationProblem(key, expected[key]) {
                return id.fail(problem, remedy: Self.rebuild, evidence)
            }
        }
        for image in release.images ?? [] {
            if let other = try? ReleaseIdentity(image.tag.description), other != release.identity {
                return id.fail(
                    "release.yaml lists \(image.repoURL):\(image.tag), an image of another release",
                    remedy: "push that image as \(release.identity) and publish the release again", evidence)
            }
        }
        return id.pass(evidence)
    }

    static func config(_ capsule: CapsuleEvidence) -> EvidenceLookup<CapsuleConfig> {
        switch capsule.config {
        case .value(let bytes):
            do {
                return .value(try CapsuleConfig(decoding: bytes))
            } catch {
                return .rejected(RejectionReason(error.message, remedy: Self.rebuild))
            }
        case .rejected(let rejection): return .rejected(rejection)
        case .notAttempted(let reason): return .notAttempted(reason)
        }
    }

    /// The first line in which the data of the config differs from the release, which names the field; nil when it does
    /// not differ. The config of a pair has the package section alone.
    private static func difference(_ config: CapsuleConfig, _ release: ReleaseManifest) -> String? {
        let expected =
            switch config.content {
            case .release(let release): release
            case .package(let package):
                {
                    var expected = release
                    expected.package = package
                    return expected
                }()
            }
        return expected == release ? nil : firstLine(of: expected, differingFrom: release)
    }

    private static func firstLine(of config: ReleaseManifest, differingFrom release: ReleaseManifest) -> String {
        let left = config.yaml().split(separator: "\n")
        let right = release.yaml().split(separator: "\n")
        for (left, right) in zip(left, right) where left != right {
            return "\(quoted(left.drop { $0 == " " })) and \(quoted(right.drop { $0 == " " }))"
        }
        return "one of them has additional lines"
    }
}
