import CapsuleTestSupport
import Documents
import FoundationEssentials
import KargoTestSupport
import OCI
import Testing

/// The stages of an application, run by the interpreter of Kargo with a real registry, a bare Git repository, the built service
/// and the generated Stages.
struct Ladder: Sendable {
    /// An application whose releases are promoted.
    struct Application: Sendable, CustomTestStringConvertible {
        var name: String
        /// The directory of the application in the GitOps repository.
        var root: String
        var package: String
        /// The section `stages` of `capsule.yaml`. The last stage requires a review.
        var stages: [(name: String, yaml: String)]
        /// The form of its releases.
        var form = "capsule"
        /// True when people merge the witnesses of pairs.
        var reviewsWitnesses = false
        /// Writes the application's and the GitOps repository.
        var prepare: @Sendable (_ directory: String, _ host: String) async throws -> Void
        var testDescription: String { name }
    }

    /// The section `kargo` of `capsule.yaml`.
    struct Style: Sendable, CustomTestStringConvertible {
        var name: String
        var version: String
        var tasks = false
        /// True when the service has a key and signs a statement for each stage.
        var statements = false
        var testDescription: String {
            "\(name) \(version)\(tasks ? " tasks" : "")\(statements ? " statements" : "")"
        }
    }

    /// A release in the registry.
    struct Release: Sendable {
        var tag: String
        var capsule: String
        var image: String
        var form: String
    }

    let application: Application
    let style: Style
    let directory: String
    let host: String
    let cluster: KargoCluster
    let stages: String
    let releases: [Release]
    /// The expected content of every stage branch by release and stage, written by `capsule promote`.
    let expected: [String: String]

    var remote: String { "file://\(directory)/gitops.git" }

    /// Prepares everything for two releases.
    ///
    /// - Parameters:
    ///   - role: what Kargo may do at the service; nil is the least that the style needs.
    ///   - days: the days of the releases; a ladder that is climbed once needs one.
    ///   - forms: the forms of the releases; nil for that of the application.
    ///   - climbs: promotes the releases with the command line, so that `holds` can compare.
    static func with(
        _ application: Application, _ style: Style, role: String? = nil, days: [Int] = [5, 6],
        forms: [String]? = nil, climbs: Bool = true, _ body: @escaping @Sendable (Ladder) async throws -> Void
    ) async throws {
        try await withSharedRegistry { registry in
            try await withTemporaryDirectory { directory in
                try await application.prepare(directory, registry.address)
                let remote = "file://\(directory)/gitops.git"
                var options = [
                    "--allow-repository", "\(registry.address)/app", "--allow-repository",
                    "\(registry.address)/release",
                    "--allow-remote", remote,
                ]
                if style.statements {
                    try writeKeyPair("promoter", in: directory)
                    options += ["--attest-key", "\(directory)/promoter.pem"]
                }
                // The least that the style needs.
                let least = style.name == "service" ? "promote" : style.statements ? "attest" : "verify"
                let tokens = "tokens: [{name: kargo, file: token, roles: [verify, \(role ?? least)]}]\n"
                let home = ["HOME": "\(directory)/home"]
                try await ServiceProcess.with(
                    options, in: "\(directory)/service", tokens: tokens, environment: home
                ) { service in
                    let ladder = try await make(
                        application, style, directory, registry.address, service.url,
                        releases: Array(zip(days, forms ?? days.map { _ in application.form })), climbs: climbs)
                    try await body(ladder)
                }
            }
        }
    }

    private static func make(
        _ application: Application, _ style: Style, _ directory: String, _ host: String, _ service: String,
        releases wanted: [(day: Int, form: String)], climbs: Bool
    ) async throws -> Ladder {
        let kargo = """
            {version: "\(style.version)", style: \(style.name), tasks: \(style.tasks), project: shop, provider: gitea, \
            verifier: {url: "\(service)", statements: \(style.statements)}}
            """
        let file = "\(directory)/policy/\(application.root)/capsule.yaml"
        try writeFile(
            file,
            """
            schemaVersion: release-capsule/v1alpha1
            image: \(host)/app
            capsule: \(host)/release
            form: \(application.form)
            \(application.reviewsWitnesses ? "witness: {review: pull-request}" : "")
            package: \(application.package)
            gitops: {repository: "file://\(directory)/gitops.git", root: \(application.root)}
            kargo: \(kargo)
            stages:
            \(application.stages.map { "  - \($0.yaml)" }.joined(separator: "\n"))

            """)
        let generated = "\(directory)/policy/\(application.root)/kargo"
        try await capsule(["kargo", "generate", "--config", file, "--to", generated], in: directory)
        _ = try await Shop.commit("Have Kargo run the ladder", in: "\(directory)/policy", day: 5)
        try await Tool.output(
            ["git", "clone", "-q", "--bare", "-c", "receive.autogc=false", "policy", "gitops.git"], in: directory)
        var releases: [Release] = []
        for (day, form) in wanted {
            releases.append(try await publish(day: day, form, file, in: directory, host))
        }
        let cluster = KargoCluster(
            minorVersion: style.version == "1.9" ? 9 : style.version == "1.10" ? 10 : 11,
            addresses: ["file://": ""],
            secrets: ["release-capsule": ["token": ServiceProcess.token]],
            applications: application.stages.map {
                KargoCluster.Application(
                    name: "shop-\($0.name)", authorizedStage: "shop:\($0.name)",
                    repoURL: "file://\(directory)/gitops.git")
            }, stages: Set(application.stages.map(\.name)))
        var texts: [String] = []
        for path in listTree(generated) where path.hasPrefix("stages/") || path == "tasks.yaml" {
            texts.append(String(decoding: try readFile("\(generated)/\(path)"), as: UTF8.self))
        }
        let expected = climbs ? try await promoted(application, releases, directory, host) : [:]
        return Ladder(
            application: application, style: style, directory: directory, host: host, cluster: cluster,
            stages: texts.joined(separator: "---\n"), releases: releases, expected: expected)
    }

    /// Publishes another release in a form.
    func publish(day: Int, form: String) async throws -> Release {
        try await Self.publish(
            day: day, form, "\(directory)/policy/\(application.root)/capsule.yaml", in: directory, host)
    }

    /// Commits to the application, copies the image of the commit to the registry, and publishes the release.
    private static func publish(
        day: Int, _ form: String, _ configuration: String, in directory: String, _ host: String
    ) async throws -> Release {
        let text = String(decoding: try readFile(configuration), as: UTF8.self)
        let own = "\(directory)/publish.yaml"
        try writeFile(own, text.replacing(#/form: \w+/#, with: "form: \(form)"))
        try writeFile("\(directory)/app/CHANGES", "day \(day)\n")
        let commit = try await Shop.commit("Work of day \(day)", in: "\(directory)/app", day: day)
        let shop = Shop(directory: directory, commit: commit)
        try shop.writeImage(tag: shop.tag)
        let copied = try await capsule(["copy", "oci:image:\(shop.tag)", "\(host)/app:\(shop.tag)"], in: directory)
        let published = try await capsule(
            ["publish", "--no-check", "--source", "app", "--config", own, "--commit", commit],
            in: directory)
        func digest(_ output: String) -> String { String((output.split(separator: "@").last ?? "").prefix(71)) }
        return Release(tag: shop.tag, capsule: digest(published), image: digest(copied), form: form)
    }

    /// Promotes every release to every stage with the command line, records the content of the branches, and resets them.
    private static func promoted(
        _ application: Application, _ releases: [Release], _ directory: String, _ host: String
    ) async throws -> [String: String] {
        var expected: [String: String] = [:]
        for release in releases {
            for (stage, _) in application.stages {
                try await capsule(
                    [
                        "promote", release.tag, "--stage", stage, "--gitops", "file://\(directory)/gitops.git",
                        "--config",
                    ]
                        + ["\(directory)/policy/\(application.root)/capsule.yaml"], in: directory)
                let reviewed = stage == application.stages.last?.name
                let branch = reviewed ? "capsule/\(stage)/\(release.tag)" : "stage/\(stage)"
                expected["\(release.tag) \(stage)"] = try await tree(branch, directory)
            }
        }
        let branches = try await git(["for-each-ref", "--format=%(refname)", "refs/heads"], directory)
        for branch in branches.split(separator: "\n") where branch != "refs/heads/main" {
            _ = try await git(["update-ref", "-d", String(branch)], directory)
        }
        return expected
    }

    /// The commit of a branch; empty when the branch does not exist.
    func head(_ branch: String) async throws -> String {
        try await Self.git(["for-each-ref", "--format=%(objectname)", "refs/heads/\(branch)"], directory)
    }

    /// True when a stage branch has exactly the content that the command line writes for a release.
    ///
    /// - Parameter other: the release from which the stage went back, which its record names in addition.
    func holds(_ stage: String, _ release: Release, backFrom other: Release? = nil) async throws -> Bool {
        var tree = try await Self.tree("stage/\(stage)", directory)
        if let other {
            let record = "stage/\(stage):\(application.root)/deployments/\(stage)/release-metadata.yaml"
            let text = try await Self.git(["show", record], directory) + "\n"
            let rollback = "rollback:\n  from: \(other.tag)\n"
            #expect(text.contains(rollback), "\(text)")
            try writeFile("\(directory)/record.yaml", text.replacing(rollback, with: ""))
            let plain = try await Self.git(["hash-object", "\(directory)/record.yaml"], directory)
            tree = try await tree.replacing(Self.git(["rev-parse", record], directory), with: plain)
        }
        let wanted = expected["\(release.tag) \(stage)"]
        if tree != wanted { Issue.record("stage/\(stage) holds\n\(tree)\nand not\n\(wanted ?? "nothing")") }
        return tree == wanted
    }

    /// A Promotion of a release to a stage.
    func promotion(
        _ release: Release, to stage: String, name: String, image: String? = nil,
        in cluster: KargoCluster? = nil
    ) throws -> PromotionRunner {
        let freight = KargoFreight(
            name: "freight-\(release.tag.suffix(8))", warehouse: "releases",
            images: [
                .init(
                    repoURL: "\(host)/release", tag: release.tag, digest: release.capsule,
                    annotations: [
                        "io.release-capsule.image.digest": image ?? release.image,
                        "io.release-capsule.format": release.form == "pair" ? "package-v1" : "capsule-v1",
                    ])
            ])
        return try PromotionRunner(
            yaml: stages, stage: stage, freight: [freight], cluster: cluster ?? self.cluster, name: name,
            workDirectory: "\(directory)/work/\(name)")
    }

    /// The finding of `capsule audit` for a stage.
    func audit(_ stage: String) async throws -> String {
        let outcome = try await CapsuleProgram.run(
            [
                "audit", "--stage", stage, "--gitops", remote, "--config",
                "\(directory)/policy/\(application.root)/capsule.yaml", "--output", "json",
            ], in: directory, environment: ["XDG_CACHE_HOME": "\(directory)/cache", "HOME": "\(directory)/home"])
        let report = try JSONParser.parse(Array(outcome.output.utf8), file: "audit")
        return report["stages"]?.array?.first?["finding"]?.string ?? outcome.errors
    }

    /// Pushes a commit that adds or replaces files of a branch, as somebody else does.
    func commit(_ files: [String: String], to branch: String) async throws -> String {
        let clone = "\(directory)/clone-\(UUID().uuidString)"
        try await Tool.output(["git", "clone", "-q", "-b", branch, "\(directory)/gitops.git", clone])
        for (path, text) in files { try writeFile("\(clone)/\(path)", text) }
        let commit = try await Shop.commit("By hand", in: clone, day: 8)
        try await Tool.output(["git", "push", "-q", "origin", branch], in: clone)
        return commit
    }

    /// The steps that reach another host when a release comes to the first stage.
    var remoteSteps: [String] {
        let names = style.name == "native" ? ["clone", "verify", "download", "push", "argocd"] : ["promote", "argocd"]
        return names.map { style.tasks ? "promote::\($0)" : $0 }
    }

    /// The mode, object id and path of every file of a branch.
    private static func tree(_ branch: String, _ directory: String) async throws -> String {
        try await git(["ls-tree", "-r", branch], directory)
            + "\n" + git(["show", "\(branch):hydrator.metadata"], directory)
    }

    private static func git(_ arguments: [String], _ directory: String) async throws -> String {
        try await Tool.output(["git", "-C", "\(directory)/gitops.git"] + arguments)
    }

    @discardableResult
    private static func capsule(_ arguments: [String], in directory: String) async throws -> String {
        let outcome = try await CapsuleProgram.run(
            arguments, in: directory,
            environment: ["XDG_CACHE_HOME": "\(directory)/cache", "HOME": "\(directory)/home"])
        guard outcome.status == 0 else {
            throw ToolFailure(description: "capsule \(arguments): \(outcome.output)\(outcome.errors)")
        }
        return outcome.line
    }
}
