internal import CapsuleCore
internal import OCI

extension ChainVerification {
    private static let witnessRemedy =
        "find out who changed it; a release never changes, so publish a new commit"

    /// Checks that the witness of a pair names the package that was read: by digest, and in its repository or a mirror
    /// that the request names by digest.
    func witnessArtifact() -> CheckResult {
        let id = CheckID.witnessArtifact
        guard let artifact = release?.artifact else { return withoutRelease(id) }
        guard let digest = capsule.descriptor.value?.digest else { return id.skip("the package was not found") }
        var evidence = ["artifact": "\(artifact.repoURL):\(artifact.tag)@\(artifact.digest)"]
        guard artifact.digest == digest else {
            return id.fail(
                "the witness names the package \(artifact.digest), and \(digest) was read: one of them was replaced",
                remedy: "find out who replaced it; publish a new commit", evidence)
        }
        guard artifact.repoURL != capsule.store.description else { return id.pass(evidence) }
        evidence["read from"] = capsule.store.description
        guard !capsule.expectedDigests.isEmpty else {
            return id.fail(
                "the witness names the package in \(artifact.repoURL), and it was read from \(capsule.store)",
                remedy: "name the repository of the witness, or a mirror by digest: \(capsule.store)@\(digest)",
                evidence)
        }
        return id.pass(evidence)
    }

    /// Checks that the witness is the only one that its release has and had.
    func witnessOnce() -> CheckResult {
        let id = CheckID.witnessOnce
        guard let witness = capsule.witness.value, let reference = witness.reference else {
            return id.skip("there is no witness")
        }
        let evidence = [
            "path": "\(reference.path)", "commit": "\(reference.commit)", "digest": "\(reference.digest)",
            "examined": "\(witness.commits) commits",
        ]
        guard let fault = witness.faults.first else { return id.pass(evidence) }
        return id.fail(fault, remedy: Self.witnessRemedy, evidence)
    }
}
