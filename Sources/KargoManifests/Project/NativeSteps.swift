internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps
internal import KargoExpressions
internal import OCI
internal import Promotion
internal import Support

/// The `native` style: Kargo's own steps move the bytes, and the service says beforehand whether they may.
extension StepScope {
    func nativeSteps() -> [Step] {
        [clone, verify, download, untar, place, pin, clear, render] + record + [commit, push] + reviewSteps
            + attest(by: output("clone", "commits.src")) + [argocd(revision: revision), remember]
    }

    private var repository: Node { .text(project.repository) }

    private var clone: Step {
        // A controller that starts again replays the steps: policy stays at the commit that the first run saw.
        let pinned = "get(\(outputs), 'clone')?.commits?.src"
        let author = project.configuration.gitops.author
        return Step(
            "clone", "git-clone",
            [
                "repoURL": repository,
                "author": ["name": .text(author.name), "email": .text(author.email)],
                "blobless": project.settings.version >= .v1_11 ? true : nil,
                "checkout": [
                    [
                        "as": "src", "path": "./src",
                        "commit": Expression.value(
                            "\(pinned) ?? \(Expression.text(project.configuration.gitops.branch.description))"),
                    ],
                    ["as": "out", "path": "./out", "branch": branch, "create": true],
                ],
            ])
    }

    private var verify: Step {
        let package = project.configuration.package
        let body = Expression.map([
            "image": image, "capsule": capsuleFreight,
            "release": Expression.map([
                "packageKind": Expression.text(package.kind.rawValue),
                "packagePath": Expression.text(package.kind.path),
                "packageEntry": Expression.text(package.entry?.description ?? ""),
            ]),
            "render": Expression.map([
                "stage": stageName,
                "gitops": gitops(at: output("clone", "commits.src")),
                "rollback": Expression.text("held"), "kargo": "true",
            ]),
        ])
        return ask(
            "verify", "/verify", body: body, success: "response.status == 200 && response.body.ok == true",
            timeout: "10m",
            outputs: [
                ("images", "response.body.render.images"), ("record", "response.body.render.record"),
                ("hydrator", "response.body.render.hydrator"), ("message", "response.body.render.message"),
            ])
    }

    private var download: Step {
        Step(
            "download", "oci-download",
            [
                "imageRef": Expression.quoted(
                    "vars.capsule + '@' + \(capsule).Digest"),
                "mediaType": .text(MediaType.layerTarGzip),
                "outPath": "./capsule.tgz",
                "allowOverwrite": true,
            ])
    }

    private var untar: Step { Step("untar", "untar", ["inPath": "./capsule.tgz", "outPath": "./capsule"]) }

    /// Policy may name the package's own components, as `source/…` beside `envTypes/`: that is where a render has it.
    private var place: Step {
        Step(
            "place", "copy",
            [
                "inPath": .text("./capsule/\(project.configuration.package.kind.path)"),
                "outPath": .text("./src/\(project.rootPrefix)source"),
            ])
    }

    private var pin: Step {
        Step(
            "pin", "kustomize-set-image",
            ["path": .text(overlay), "images": Expression.value(output("verify", "images"))])
    }

    private var clear: Step { Step("clear", "git-clear", ["path": "./out"]) }

    private var render: Step {
        Step(
            "render", "kustomize-build",
            ["path": .text(overlay), "outPath": .text("./out/\(deployment)/deploy"), "outputFormat": "kustomize"])
    }

    /// The record and the file that other tools read, as the service wrote them.
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
            ["path": .text(path), "contents": Expression.verbatim(text), "permissions": "0644", "overwrite": true])
    }

    /// Before 1.11 there is no step that writes a file. `yaml-update` replaces what is left of a line by any text, lines
    /// included: a template of one value becomes the document.
    private func fill(_ name: String, _ path: String, _ template: RenderOverlay.Template, _ text: String) -> [Step] {
        let rest = "trimSuffix(trimPrefix(\(text), \(Expression.text(template.head))), '\\n')"
        return [
            Step(
                "\(name)-template", "copy",
                ["inPath": .text("./src/\(project.directory)/render/\(template.file)"), "outPath": .text(path)]),
            Step(
                name, "yaml-update",
                [
                    "path": .text(path),
                    "updates": [["key": .text(template.key), "value": Expression.verbatim(rest)]],
                ]),
        ]
    }

    private var commit: Step {
        Step("commit", "git-commit", ["path": "./out", "message": Expression.verbatim(output("verify", "message"))])
    }

    private var push: Step {
        // Unchanged output makes no commit, and then there is nothing to push.
        Step(
            "push", "git-push", if: Expression.onlyIf("status('commit') == 'Succeeded'"),
            ["path": "./out", "targetBranch": review ? reviewBranch : branch])
    }

    private var reviewSteps: [Step] {
        guard review else { return [] }
        return reviewSteps(
            after: "status('push') == 'Succeeded'", branch: Expression.quoted(output("push", "branch")),
            message: output("verify", "message"))
    }

    private var revision: String {
        let made = review ? output("await-review", "commit", optional: true) : output("push", "commit", optional: true)
        return "\(made) ?? \(output("clone", "commits.out"))"
    }
}
