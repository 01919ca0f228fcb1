internal import CapsuleCore
internal import Documents
internal import OCI

extension CapsuleEvidence {
    /// Returns this release with the witness of a pair, which is read now. A capsule needs none.
    ///
    /// - Throws: `CapsuleError.Code.witnessRequired` when the request does not say where witnesses are, and errors that
    ///   allow no verdict.
    func readingWitness(_ request: VerificationRequest) async throws -> CapsuleEvidence {
        guard form == .pair else { return self }
        guard let read = request.witness else {
            throw CapsuleError(
                .witnessRequired,
                "\(request.capsule) is the package of a pair, whose release.yaml is the witness in the GitOps repository; "
                    + "name the repository with --gitops")
        }
        var evidence = self
        guard let identity else {
            evidence.release = .notAttempted("the tag is not a release identity, which would name the witness")
            return evidence
        }
        let witness = try await read(identity)
        evidence.witness = .value(witness)
        do {
            evidence.release = .value(try witness.release())
        } catch {
            evidence.release = .rejected(
                witness.content == nil
                    ? RejectionReason(
                        "there is no witness \(witness.place)",
                        remedy: "publish the release with `capsule publish`, or merge the review of its witness")
                    : RejectionReason(
                        "\(witness.place): \(error.message)", remedy: "find out who wrote it; publish a new release"))
        }
        return evidence
    }
}
