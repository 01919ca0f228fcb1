internal import CapsuleCore
internal import DeliveryConfiguration
package import GitOps
internal import OCI
internal import Rendering
internal import Support

/// The title and the body of the pull request in which people review a promotion, the same for every way to promote.
///
/// All values that a release or a policy contains are code in Markdown, so that none of them can add markup, a mention
/// or a link.
package struct ReviewText: Hashable, Sendable, Codable {
    /// The maximum number of bytes of a body. Azure DevOps accepts 4,000 characters, and every other host more.
    package static let bodyLimit = 4_000
    /// The maximum number of bytes of a title. Gitea and GitHub keep 255 characters.
    package static let titleLimit = 255

    /// The first line of the commit.
    package let title: String
    /// The body, in Markdown.
    package let body: String

    /// The text for a promotion whose content and plan are known.
    ///
    /// - Parameter gitops: the address of the GitOps repository, for the commands.
    package init(_ promotion: StagePromotion, _ plan: PromotionPlan, _ content: StageContent, gitops: GitRemote) {
        let message = StageCommitMessage.text(
            content, stage: promotion.stage.name, previous: plan.state.record,
            rollback: GateResult.isRollback(plan.gates))
        title = String(message.prefix { $0 != "\n" }.prefix(Self.titleLimit))
        let stage = promotion.stage.name
        let sections = [
            Self.releases(stage, content, plan.state.record), Self.commands(stage, content, gitops),
            Self.commits(content, plan.state.record), Self.gates(plan.gates), Self.images(promotion.images),
            Self.objects(promotion.diff),
        ]
        body = Self.joined(sections.compactMap(\.self), limit: Self.bodyLimit)
    }

    /// A part of the body. Lines are left out at its end where the body would be too long, and counted.
    struct Section {
        var title: String
        var lines: [String]
        /// What the lines are, for the line that counts those that were left out; nil for a part that is left out as a whole.
        var counted: String?

        init(_ title: String, _ lines: [String], counted: String? = nil) {
            self.title = title
            self.lines = lines
            self.counted = counted
        }
    }

    /// The sections in their order, cut between lines, never within one.
    static func joined(_ sections: [Section], limit: Int) -> String {
        var out = ""
        var omitted: [String] = []
        // Room for the last line, which names what was left out.
        let room = limit - 200
        for section in sections where !section.lines.isEmpty {
            let head = (out.isEmpty ? "" : "\n") + (section.title.isEmpty ? "" : "### \(section.title)\n\n")
            var taken = section.lines.count
            func text() -> String {
                let rest = section.lines.count - taken
                let note = rest == 0 ? "" : "- …and \(rest) more \(section.counted ?? "")\n"
                return head + section.lines.prefix(taken).joined() + note
            }
            while out.utf8.count + text().utf8.count > room, taken > 0 {
                taken = section.counted == nil ? 0 : taken - 1
            }
            guard taken > 0 else {
                omitted.append(section.title.isEmpty ? "releases" : section.title.lowercased())
                continue
            }
            out += text()
        }
        guard !omitted.isEmpty else { return out }
        return out + (out.isEmpty ? "" : "\n") + "Left out, because a pull request holds no more: "
            + omitted.joined(separator: ", ") + ".\n"
    }

    private static func releases(_ stage: String, _ content: StageContent, _ held: ReleaseRecord?) -> Section {
        let release = content.release
        var lines = ["| \(stage.markdownCell) | holds now | after the merge |\n", "| --- | --- | --- |\n"]
        func row(_ name: String, _ now: String?, _ next: String) {
            lines.append("| \(name) | \(now?.markdownCell ?? "nothing") | \(next.markdownCell) |\n")
        }
        row("release", held?.release.identity.description, release.identity.description)
        row(
            (release.form ?? .capsule).artifact,
            held.map { pinned($0.release.capsule.repoURL, $0.release.capsule.digest?.description) },
            pinned(release.capsule.repoURL, release.capsule.digest?.description))
        if release.witness != nil || held?.release.witness != nil {
            func place(_ release: ReleaseRecord.Release) -> String {
                release.witness.map { "\($0.path)@\($0.digest)" } ?? "none"
            }
            row("witness", held.map { place($0.release) }, place(release))
        }
        row(
            "image",
            held.map { pinned($0.release.image.repoURL.description, $0.release.image.digest?.description) },
            pinned(release.image.repoURL.description, release.image.digest?.description))
        row("rendered files", held?.render?.digest.description, content.render.digest.description)
        row("policy commit", held?.render?.gitops.commit.description, content.render.gitops.commit.description)
        if let committed = content.committed {
            lines.append("\nThe release was committed at \(CapsuleFormat.timestamp(committed)).\n")
        }
        return Section("", lines)
    }

    private static func pinned(_ repository: String, _ digest: String?) -> String {
        repository + (digest.map { "@\($0)" } ?? "")
    }

    private static func commits(_ content: StageContent, _ held: ReleaseRecord?) -> Section? {
        guard let old = held?.release.gitCommit, old != content.release.gitCommit else { return nil }
        let new = content.release.gitCommit
        let page = content.source.flatMap { try? GitRemote($0) }?.comparisonPage(from: "\(old)", to: "\(new)")
        let source = content.source.map { " of \($0.markdownCode)" } ?? ""
        let link = page.map { " ([compare](\($0)))" } ?? ""
        return Section("Commits", ["- `git log \(old.short)..\(new.short)`\(source)\(link)\n"])
    }

    private static func gates(_ gates: [GateResult]) -> Section? {
        gates.isEmpty
            ? nil
            : Section(
                "Gates", gates.map { "- \($0.ok ? "✓" : "✗") \($0.description.markdownCode)\n" }, counted: "gates")
    }

    private static func images(_ images: [ImagePin]) -> Section? {
        images.isEmpty
            ? nil
            : Section(
                "Images",
                images.map { "- \($0.name.markdownCode): \("\($0.repository)@\($0.digest)".markdownCode)\n" },
                counted: "images")
    }

    private static func objects(_ diff: ManifestDiff?) -> Section? {
        guard let diff else { return nil }
        guard !diff.isEmpty else { return Section("Rendered objects", ["- no rendered object changes\n"]) }
        return Section(
            "Rendered objects", diff.objects.map { "- \($0.change.rawValue) \($0.title.markdownCode)\n" },
            counted: "objects; see the changed files")
    }

    private static func commands(_ stage: String, _ content: StageContent, _ gitops: GitRemote) -> Section {
        let release = content.release
        let digest = release.capsule.digest.map { "@\($0)" } ?? ""
        let capsule = shellWord("\(release.capsule.repoURL):\(release.capsule.tag)\(digest)")
        let repository = shellWord(gitops.description)
        let commands = """
            capsule verify \(capsule)\(release.witness == nil ? "" : " --gitops \(repository)")
            capsule promote \(release.identity) --stage \(stage) --dry-run --gitops \(repository)
            capsule audit --stage \(stage) --gitops \(repository)    # after the merge
            """
        return Section("Check it by hand", [commands.markdownBlock("sh")])
    }

    /// A word of a shell command, in quotes where it has characters that a shell reads.
    private static func shellWord(_ text: String) -> String {
        let plain = text.unicodeScalars.allSatisfy {
            $0.isASCII
                && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                    || "-._/:@=+,".unicodeScalars.contains($0))
        }
        return plain ? text : "'\(text.replacing("'", with: "'\\''"))'"
    }
}
