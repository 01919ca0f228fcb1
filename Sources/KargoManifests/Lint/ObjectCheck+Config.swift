internal import Documents
internal import KargoExpressions
internal import OCI
internal import Support

extension ObjectCheck {
    /// What the kinds of steps refuse or do wrong when they run.
    mutating func checkConfig(_ step: LintedStep, _ scope: ExpressionScope) {
        switch step.uses {
        case "yaml-update", "json-update", "toml-update": checkUpdates(step)
        case "oci-download": checkDownload(step)
        case "kustomize-set-image": checkImages(step)
        case "git-clear": checkClear(step)
        case "git-clone": checkClone(step)
        case "git-push": checkPush(step)
        case "http": checkRequest(step)
        default: break
        }
    }

    private mutating func checkUpdates(_ step: LintedStep) {
        for update in step.config?["updates"]?.sequence ?? [] {
            guard let value = update["value"], value.mapping != nil || value.sequence != nil else { continue }
            report(
                "update-list", at: value,
                "\(step.uses ?? "") replaces one scalar that is there; a list or a map fails when it runs",
                "write scalars, or have a step such as yaml-merge or file-write write the document")
        }
    }

    private mutating func checkDownload(_ step: LintedStep) {
        guard let node = step.config?["imageRef"], let text = node.string else { return }
        let hasDigest = text.contains("@") || text.contains("Digest") || text.lowercased().contains("digest")
        let path = text.hasPrefix("oci://") ? text.dropFirst(6) : text[...]
        let host = path.prefix { $0 != "/" }
        if !Template.hasExpression(String(host)), host.contains(":"), path.contains("/"), lint.minorVersion < 10 {
            report(
                "registry-port", at: node, "Kargo 1.9 takes no port in imageRef",
                "use a registry on the standard port, or Kargo 1.10")
        }
        if !Template.hasExpression(text), let slash = path.firstIndex(of: "/") {
            let name = path[slash...]
            if let at = name.firstIndex(of: "@"), name[..<at].contains(":") {
                report("oci-reference", at: node, "imageRef takes a tag or a digest, not both", "leave the tag out")
                return
            }
        } else if let at = text.firstIndex(of: "@"), text[..<at].contains("Tag") || text[..<at].contains("}}:") {
            report("oci-reference", at: node, "imageRef takes a tag or a digest, not both", "leave the tag out")
            return
        }
        guard !hasDigest else { return }
        report(
            "oci-tag", as: .warning, at: node, "what is fetched by tag is not what the Freight fixed",
            "fetch by digest: …@${{ imageFrom('…').Digest }}")
    }

    private mutating func checkImages(_ step: LintedStep) {
        for image in step.config?["images"]?.sequence ?? [] {
            switch (image["tag"], image["digest"]) {
            case (let tag?, nil):
                report("image-tag", as: .warning, at: tag, "the image is set by tag, which may move", "set its digest")
            case (let tag?, .some):
                report("image-tag", at: tag, "an image takes a tag or a digest, not both", "drop the tag")
            case (nil, nil) where image.mapping != nil:
                report("image-tag", at: image, "an image needs a tag or a digest", "set its digest")
            default: break
            }
        }
    }

    private mutating func checkClear(_ step: LintedStep) {
        guard let node = step.config?["path"], let path = node.string.map(Self.normal) else { return }
        for clone in steps.prefix(step.index) where clone.uses == "git-clone" {
            for checkout in clone.config?["checkout"]?.sequence ?? [] {
                guard let top = checkout["path"]?.string.map(Self.normal), path.hasPrefix("\(top)/") else { continue }
                let isCreated = checkout["create"]?.bool ?? false
                report(
                    "clear-path", as: isCreated ? .error : .warning, at: node,
                    isCreated
                        ? "git-clear fails where the directory is not there, as on the empty branch that create makes"
                        : "git-clear fails where the directory is not there",
                    "clear the root of the branch, \(checkout["path"]?.string ?? "")")
            }
        }
    }

    private mutating func checkClone(_ step: LintedStep) {
        let checkouts = step.config?["checkout"]?.sequence ?? []
        for checkout in checkouts {
            let chosen = ["branch", "commit", "tag"].filter { checkout[$0] != nil }
            if chosen.count > 1 {
                report(
                    "checkout", at: checkout[chosen[1]], "a checkout takes one of branch, commit and tag, not several",
                    "keep one")
            }
            guard let branch = checkout["branch"], checkout["create"]?.bool != true, checkouts.count > 1,
                let name = branch.string, !Template.hasExpression(name)
            else { continue }
            report(
                "moving-branch", as: .warning, at: branch,
                "branch \(name) moves: the same Freight may give another result, and a restart of the controller may replace "
                    + "what people reviewed",
                "pin it: commit: \"${{ quote(outputs.\(step.name)?.commits?.… ?? '\(name)') }}\"")
        }
    }

    private mutating func checkPush(_ step: LintedStep) {
        let config = step.config
        if let node = config?["targetBranch"], config?["generateTargetBranch"]?.bool == true {
            report("push-target", at: node, "targetBranch and generateTargetBranch exclude each other", "keep one")
        }
    }

    private mutating func checkRequest(_ step: LintedStep) {
        let config = step.config
        for key in ["successExpression", "failureExpression", "errorExpression"] {
            if let node = config?[key] { check(response: node) }
        }
        for output in config?["outputs"]?.sequence ?? [] {
            if let node = output["fromExpression"] { check(response: node) }
        }
        let timeout = step.node["retry"]?["timeout"]?.string ?? ""
        if timeout.isEmpty {
            report(
                "http-polling", as: .warning, at: step.node,
                "an answer that is neither success nor failure is asked for again for ever", "set retry.timeout")
        }
        if step.node["retry"]?["errorThreshold"] == nil {
            report(
                "http-threshold", as: .warning, at: step.node, "one connection that fails ends the Promotion",
                "set retry.errorThreshold")
        }
    }

    /// An expression about the answer: without delimiters, and with nothing but `response` to see.
    private mutating func check(response node: YAMLNode) {
        guard let text = node.string, !Template.hasExpression(text) else { return }
        do {
            let references = try KargoExpressions.Expression(parsing: text).references
            for path in references.paths where path.root != "response" {
                report(
                    "http-expression", at: node, "there is no \(path.root) in an expression about the answer",
                    "only response is there: status, header(), headers and body")
            }
            for path in references.paths where path.root == "response" {
                guard let member = path.members.first.flatMap({ $0 }),
                    !["status", "header", "headers", "body"].contains(member)
                else { continue }
                report(
                    "http-expression", at: node, "response has no \(member)",
                    "it has status, header(), headers and body")
            }
            for call in references.calls where !Builtin.names.contains(call.name) {
                report(
                    "http-expression", at: node,
                    "there is no function \(call.name)() in an expression about the answer",
                    "only the language's own functions are there")
            }
        } catch {
            report(
                "http-expression", at: node,
                "the expression cannot be read: \(error.message), at byte \(error.offset + 1)", "mend it")
        }
    }

    private static func normal(_ path: String) -> String {
        path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
