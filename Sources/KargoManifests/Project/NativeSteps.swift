internal import CapsuleCore
internal import DeliveryConfiguration
internal import Documents
internal import GitOps
internal import KargoExpressions
internal import OCI
internal import Promotion
internal import Support

/// The steps of the `native` style: Kargo's own steps render and push, after the service has verified the release.
extension StepScope {
    func nativeSteps() -> [Step] {
        awaitWitness + [clone, verify] + witness + [download, untar, place, pin, clear, render] + record
            + [commit, push] + (review ? reviewSteps : [combined]) + attest(by: output("clone", "commits.src")) + [
                argocd(revision: revision), recordRelease,
            ]
    }

    private var repository: JSONValue { .string(project.repository) }

    private var clone: Step {
        // A restarted controller replays the steps: the environment policy stays at the commit that the first run used.
        let pinned = "get(\(outputs), 'clone')?.commits?.src"
        let author = project.configuration.gitops.author
        return Step(
            "clone", "git-clone", retry: .remote,
            [
                "repoURL": repository,
                "author": ["name": .string(author.name), "email": .string(author.email)],
                "blobless": project.settings.version >= .v1_11 ? true : nil,
                "checkout": [
                    [
                        "as": "src", "path": "./src",
                        "commit": ExpressionText.value(
                            "\(pinned) ?? \(ExpressionText.literal(project.configuration.gitops.branch.description))"),
                    ],
                    ["as": "out", "path": "./out", "branch": branch, "create": true],
                ],
            ])
    }

    private var verify: Step {
        let package = project.configuration.package
        let body = ExpressionText.map([
            "image": image, "capsule": capsuleFreight,
            "release": ExpressionText.map([
                "packageKind": ExpressionText.literal(package.kind.rawValue),
                "packagePath": ExpressionText.literal(package.kind.path),
                "packageEntry": ExpressionText.literal(package.entry?.description ?? ""),
            ]),
            "render": ExpressionText.map([
                "stage": stageName,
                "gitops": gitops(at: output("clone", "commits.src")),
                "rollback": ExpressionText.literal("held"), "kargo": "true",
            ]),
        ])
        return request(
            "verify", "/verify", body: body, success: "response.status == 200 && response.body.ok == true",
            timeout: "10m",
            outputs: [
                ("images", "response.body.render.images"), ("record", "response.body.render.record"),
                ("hydrator", "response.body.render.hydrator"), ("message", "response.body.render.message"),
            ] + reviewOutputs("response.body.render.review"))
    }

    /// Reads the witness of a pair from the clone of the policy. What a release is follows from the annotation of the artifact
    /// in the Freight, so that a stage can go back to a release of the other form.
    private var witness: [Step] {
        guard project.configuration.form == .pair else { return [] }
        let format =
            "\(capsule).Annotations[\(ExpressionText.literal(CapsuleFormat.Annotation.format))]"
        return [
            Step(
                "witness", "yaml-parse",
                if: ExpressionText.onlyIf("\(format) == \(ExpressionText.literal(ReleaseForm.pair.formatVersion))"),
                [
                    "path": .string(
                        "./src/\(project.rootPrefix)\(CapsuleFormat.witnessDirectory)/${{ \(capsule).Tag }}.yaml"),
                    "outputs": [["name": "digest", "fromExpression": "artifact.digest"]],
                ])
        ]
    }

    /// The digest to download: for a pair, that of the package that the witness names.
    private var digest: String {
        guard project.configuration.form == .pair else { return "\(capsule).Digest" }
        return "(\(output("witness", "digest", optional: true)) ?? \(capsule).Digest)"
    }

    private var download: Step {
        Step(
            "download", "oci-download", retry: .remote,
            [
                "imageRef": ExpressionText.quoted("vars.capsule + '@' + \(digest)"),
                "mediaType": .string(MediaType.layerTarGzip),
                "outPath": "./capsule.tgz",
                "allowOverwrite": true,
            ])
    }

    private var untar: Step { Step("untar", "untar", ["inPath": "./capsule.tgz", "outPath": "./capsule"]) }

    /// Environment policy may refer to the package's components as `source/…`, next to `envTypes/`; `capsule promote`
    /// places the package there too.
    private var place: Step {
        Step(
            "place", "copy",
            [
                "inPath": .string("./capsule/\(project.configuration.package.kind.path)"),
                "outPath": .string("./src/\(project.rootPrefix)source"),
            ])
    }

    private var pin: Step {
        Step(
            "pin", "kustomize-set-image",
            ["path": .string(overlay), "images": ExpressionText.value(output("verify", "images"))])
    }

    private var clear: Step { Step("clear", "git-clear", ["path": "./out"]) }

    private var render: Step {
        Step(
            "render", "kustomize-build",
            ["path": .string(overlay), "outPath": .string("./out/\(deployment)/deploy"), "outputFormat": "kustomize"])
    }

    /// Writes `release-metadata.yaml`, and `hydrator.metadata` for other tools, with the content that the service
    /// returned.
    private var record: [Step] {
        let record = "./out/\(deployment)/\(ReleaseRecord.fileName)"
        let hydrator = "./out/hydrator.metadata"
        guard project.settings.version < .v1_11 else {
            return [
                write("record", record, output("verify", "record")),
                write("hydrator", hydrator, output("verify", "hydrator")),
            ]
        }
        return fill("record", record, .record, output("verify", "record"))
            + fill("hydrator", hydrator, .hydrator, output("verify", "hydrator"))
    }

    private func write(_ name: String, _ path: String, _ text: String) -> Step {
        Step(
            name, "file-write",
            [
                "path": .string(path), "contents": ExpressionText.verbatim(text), "permissions": "0644",
                "overwrite": true,
            ])
    }

    /// Writes a document without `file-write`, which requires Kargo 1.11. `yaml-update` replaces the rest of a line
    /// with any text, line ends included, so it can expand a template of one value to the whole document.
    private func fill(_ name: String, _ path: String, _ template: RenderOverlay.Template, _ text: String) -> [Step] {
        let rest = "trimSuffix(trimPrefix(\(text), \(ExpressionText.literal(template.head))), '\\n')"
        return [
            Step(
                "\(name)-template", "copy",
                ["inPath": .string("./src/\(project.directory)/render/\(template.file)"), "outPath": .string(path)]),
            Step(
                name, "yaml-update",
                [
                    "path": .string(path),
                    "updates": [["key": .string(template.key), "value": ExpressionText.verbatim(rest)]],
                ]),
        ]
    }

    private var commit: Step {
        Step(
            "commit", "git-commit", ["path": "./out", "message": ExpressionText.verbatim(output("verify", "message"))])
    }

    private var push: Step {
        // Without a change there is no commit to push.
        Step(
            "push", "git-push", if: ExpressionText.onlyIf("status('commit') == 'Succeeded'"), retry: .remote,
            [
                "path": "./out", "targetBranch": review ? reviewBranch : branch, "force": false, "maxAttempts": 10,
            ])
    }

    /// Fails when another commit reached the stage branch after the clone. Kargo then rebases this promotion's commit onto
    /// it, or merges both, as the settings of its controller say, which no step can change: the branch holds what nobody
    /// rendered. Without another commit, the pushed commit is the one that was made.
    private var combined: Step {
        let condition = ExpressionText.onlyIf(
            "status('push') == 'Succeeded' && \(output("push", "commit")) != \(output("commit", "commit"))")
        let message = "another commit reached \(project.stageBranch(stageText)) during this promotion - promote again"
        guard project.settings.version >= .v1_10 else {
            // The only step of Kargo 1.9 that fails with a text of ours: a file with that name does not exist.
            let path = message.replacing("/", with: " ")
            return Step("combined", "copy", if: condition, ["inPath": .string("./\(path)"), "outPath": "./combined"])
        }
        return Step("combined", "fail", if: condition, ["message": .string(message)])
    }

    private var reviewSteps: [Step] {
        reviewSteps(
            after: "status('push') == 'Succeeded'", branch: ExpressionText.quoted(output("push", "branch")),
            of: "verify")
    }

    private var revision: String {
        let made = review ? output("await-review", "commit", optional: true) : output("push", "commit", optional: true)
        return "\(made) ?? \(output("clone", "commits.out"))"
    }
}
