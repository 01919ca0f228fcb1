internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import Support

/// The message of a commit on a stage branch: a summary of the change, and trailers for machines.
///
/// Every value has a parsed type or is escaped here, so that no value can add a line or a trailer. The message is the
/// description of a pull request, too, so that a value that can be a path is escaped for Markdown.
package enum StageCommitMessage {
    /// The message of the commit that writes `content` to the branch of a promotion's stage.
    package static func text(_ content: StageContent, _ promotion: StagePromotion) -> String {
        text(
            content, stage: promotion.stage.name, previous: promotion.plan?.state.record,
            rollback: promotion.isRollback)
    }

    /// The way in which a commit changed the release of a stage.
    package enum Way: Sendable {
        /// It is a promotion of a newer release.
        case forward
        /// It is a rollback.
        case back
        /// The message is not one of a promotion of another release.
        case unknown
    }

    /// The way that the first line of a message states.
    static func way(_ subject: String, stage: String, to release: ReleaseRecord.Release) -> Way {
        let identity = "git-\(release.gitCommit.short)"
        if subject == rollback(identity, stage) { return .back }
        return subject == promotion(identity, stage) ? .forward : .unknown
    }

    private static func rollback(_ identity: String, _ stage: String) -> String { "Roll \(stage) back to \(identity)" }

    private static func promotion(_ identity: String, _ stage: String) -> String { "Promote \(identity) to \(stage)" }

    static func text(_ content: StageContent, stage: String, previous: ReleaseRecord?, rollback: Bool) -> String {
        let release = content.release
        let identity = "git-\(release.gitCommit.short)"
        let subject: String
        let body: String
        if let previous, previous.release.isSame(as: release) {
            subject = "Render \(identity) for \(stage) again"
            body = "The same release, with other inputs of the render."
        } else {
            subject = rollback ? self.rollback(identity, stage) : promotion(identity, stage)
            body =
                previous.map {
                    "\(stage) held \($0.release.identity)"
                        + ($0.release.capsule.digest.map { "\n(capsule \($0))." } ?? ".")
                } ?? "The first release on \(stage)."
        }
        var trailers = [("Release", release.identity.description)]
        trailers.append(("Capsule", pinned(release.capsule.repoURL, release.capsule.tag, release.capsule.digest)))
        trailers.append(("Image", pinned(release.image.repoURL.description, release.image.tag, release.image.digest)))
        trailers.append(("Gitops-Commit", content.render.gitops.commit.description))
        trailers.append(("Rendered", content.render.digest.description))
        let lines = trailers.map { "\($0.0): \($0.1)" }
        return "\(subject)\n\n\(body)\n\n\(lines.joined(separator: "\n"))\n"
    }

    private static func pinned(_ repository: String, _ tag: Tag, _ digest: Digest?) -> String {
        "\(repository.escapedForMarkup):\(tag)" + (digest.map { "@\($0)" } ?? "")
    }
}

extension StageBranches {
    /// The way in which a stage received its release: by its record, or by the message of its commit, which is all that
    /// earlier versions wrote. A Git host that merges writes a message of its own.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    package func lastChange(of state: StageState) async throws -> StageCommitMessage.Way {
        guard let record = state.record, let commit = state.commit else { return .unknown }
        if record.rollback != nil, try await objectionToRollback(state, committed: state.releaseCommitted) == nil {
            return .back
        }
        return StageCommitMessage.way(commit.subject, stage: state.stage, to: record.release)
    }
}
