public import CapsuleCore
public import DeliveryConfiguration
internal import Documents
internal import GitOps
public import OCI
public import Promotion
internal import Support

/// Commits the witness of a pair to the policy branch of the GitOps repository, or to a branch for review. A witness is
/// written once: other content under the same name is refused.
public struct WitnessPublishing: Sendable {
    /// The outcomes.
    public enum Outcome: String, Sendable, Codable {
        /// The policy branch has the witness now.
        case committed
        /// The policy branch had the witness before.
        case present
        /// The review branch has the witness, and people merge it.
        case review
        /// The witness was written to a file, which must be committed.
        case written
    }

    /// The result.
    public struct Report: Sendable, Codable {
        /// The outcome.
        public var outcome: Outcome
        /// The path of the witness in the GitOps repository; that of the file for `written`.
        public var path: String
        /// The SHA-256 of its bytes.
        public var digest: Digest
        /// The commit on the branch; nil for `written`.
        public var commit: CommitID?
        /// The review that is not merged yet.
        public var review: PromotionReceipt.Review?

        /// Creates a report.
        public init(
            _ outcome: Outcome, path: String, digest: Digest, commit: CommitID? = nil,
            review: PromotionReceipt.Review? = nil
        ) {
            self.outcome = outcome
            self.path = path
            self.digest = digest
            self.commit = commit
            self.review = review
        }
    }

    /// The number of times that a commit is made while other writers move the branch, as for promotions.
    private static let attempts = 16

    private let workspace: GitOpsWorkspace
    private let review: Bool
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - workspace: the GitOps repository at the head of its policy branch.
    ///   - review: true to push to a branch for review.
    ///   - now: the time in seconds since 1970, the date of the commit.
    public init(_ workspace: GitOpsWorkspace, review: Bool, now: @escaping @Sendable () -> Int64) {
        self.workspace = workspace
        self.review = review
        self.now = now
    }

    private var repository: GitOpsRepository { workspace.snapshot.repository }
    private var configuration: CapsuleConfiguration { workspace.configuration }

    /// Commits the witness, unless it is there already.
    ///
    /// - Throws: `CapsuleError.Code.alreadyPublished` when the release has or had another witness; `GitError`
    public func publish(_ release: ReleaseManifest) async throws -> Report {
        let content = Array(release.yaml().utf8)
        var heads = repository.heads
        for attempt in 1...Self.attempts {
            let plan = try await plan(release, content, heads)
            guard let draft = plan.draft else { return plan.report }
            let (id, outcome) = try await repository.repairing {
                try await repository.ensure(draft.parents)
                let ids = try await repository.writing.write([[draft]], format: repository.format)
                guard let id = ids.first?.first else {
                    throw GitError(.gitFailed, "Git wrote no commit for the witness")
                }
                let outcome = try await repository.push([GitPush(commit: id, branch: plan.target)]).first
                if case .unknown(let error) = outcome, attempt == Self.attempts { throw error }
                return (id, outcome)
            }
            switch outcome {
            case .landed:
                var report = plan.report
                report.commit = id
                return report
            case .rejected(let reason):
                throw GitError(
                    .gitFailed,
                    "\(quoted(repository.remote.description)) rejected the witness on \(plan.target): \(reason)"
                        + (review ? "" : "; push it for review with --review"))
            case .lostRace, .unknown, nil: break
            }
            // Full jitter: writers that collided once must not collide again at the same time.
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...min(4_000, 100 << attempt))))
            heads = try await repository.currentHeads()
        }
        throw GitError(
            .moved, "\(configuration.gitops.branch) was moved by others \(Self.attempts) times in a row; publish again")
    }

    /// The commit to make, and the report of its success; no commit when there is nothing to do.
    private struct Plan {
        var draft: CommitDraft?
        let target: BranchName
        var report: Report
    }

    private func plan(_ release: ReleaseManifest, _ content: [UInt8], _ heads: GitOpsHeads) async throws -> Plan {
        let branch = configuration.gitops.branch
        guard let head = heads[branch] else {
            throw GitError(
                .notFound,
                "\(quoted(repository.remote.description)) has no branch \(branch) for the witness; push the policy first"
            )
        }
        let snapshot = try await repository.snapshot(at: head)
        let found = try await snapshot.witness(
            of: release.identity, root: configuration.gitops.root, expecting: content)
        var report = Report(.present, path: "\(found.path)", digest: .sha256(of: content), commit: head)
        if let there = found.content, there != content {
            throw conflict(found, "has other content", Self.differences(there, release))
        }
        if let fault = found.faults.first { throw conflict(found, fault, []) }
        guard found.content == nil else { return Plan(target: branch, report: report) }
        var draft = CommitDraft(
            parents: [head], files: [PackageFile(path: found.path, content: content)],
            message: Self.message(release), author: configuration.gitops.author, time: now())
        guard review else {
            report.outcome = .committed
            return Plan(draft: draft, target: branch, report: report)
        }
        let target = try BranchName("\(configuration.witnessBranchPrefix)\(release.identity)")
        if let obstacle = heads.obstacle(to: target) {
            throw GitError(
                .gitFailed,
                "the branch \(target) cannot be created: the repository has the branch \(obstacle), and Git cannot store both"
            )
        }
        report.outcome = .review
        report.review = .init(
            head: target.description, base: branch.description,
            url: repository.remote.reviewPage(head: target.description, base: branch.description))
        if let proposed = heads[target] {
            let commit = try await repository.snapshot(at: proposed).commit
            if commit.parents.first == head, try await repository.tree(of: draft) == commit.tree {
                report.commit = proposed
                return Plan(target: target, report: report)
            }
            draft.parents.append(proposed)
        }
        return Plan(draft: draft, target: target, report: report)
    }

    private func conflict(_ witness: Witness, _ what: String, _ findings: [Finding]) -> CapsuleError {
        CapsuleError(
            .alreadyPublished,
            "the witness \(witness.place) cannot be written: \(what). A release is published once: make a new commit, or "
                + "find out why the two differ", findings: findings)
    }

    /// A finding for each line of the two witnesses that differs.
    private static func differences(_ old: [UInt8], _ release: ReleaseManifest) -> [Finding] {
        let theirs: ReleaseManifest
        do {
            theirs = try ReleaseManifest.decode(yaml: old, as: .pair)
        } catch {
            return [finding("what is there: \(error.message)")]
        }
        let (old, new) = (theirs.fieldTexts, release.fieldTexts)
        return Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }.map { field in
            finding("\(field) is \(old[field] ?? "missing") there and \(new[field] ?? "missing") here")
        }
    }

    private static func finding(_ message: String) -> Finding {
        Finding(
            rule: "publish.differs", message: message,
            remedy: "build from the same commit, image and options, or release a new commit")
    }

    private static func message(_ release: ReleaseManifest) -> String {
        var lines = ["Release git-\(release.gitCommit.short)", "", "The witness of a pair.", ""]
        lines.append("Release: \(release.identity)")
        if let artifact = release.artifact {
            lines.append("Package: \(artifact.repoURL.escapedForMarkup):\(artifact.tag)@\(artifact.digest)")
        }
        lines.append("Image: \(release.image.reference)")
        return lines.joined(separator: "\n") + "\n"
    }
}

extension ReleaseManifest {
    /// The text of each field, by its path.
    fileprivate var fieldTexts: [String: String] {
        guard let json = try? canonicalJSON(), let document = try? JSONParser.parse(json, file: "release") else {
            return [:]
        }
        func texts(_ value: JSONValue, _ path: String) -> [(String, String)] {
            guard let members = value.members else { return [(path, value.compactText)] }
            return members.flatMap { texts($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)") }
        }
        return Dictionary(texts(document, "")) { first, _ in first }
    }
}
