internal import Documents
internal import KargoExpressions
internal import OCI
internal import Support

extension ObjectCheck {
    /// Checks the configuration for mistakes that a step reports only when it runs, or does not report.
    mutating func checkConfig(_ step: LintedStep) {
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
                "\(step.uses ?? "") replaces existing scalars; a list or a map as value fails when the step runs",
                "use scalars, or write the document with yaml-merge or file-write")
        }
    }

    private mutating func checkDownload(_ step: LintedStep) {
        guard let node = step.config?["imageRef"], let text = node.string else { return }
        let hasDigest = text.contains("@") || text.contains("Digest") || text.lowercased().contains("digest")
        let path = text.hasPrefix("oci://") ? text.dropFirst(6) : text[...]
        let host = path.prefix { $0 != "/" }
        if !ExpressionTemplate.hasExpression(String(host)), host.contains(":"), path.contains("/"),
            lint.minorVersion < 10
        {
            report(
                "registry-port", at: node, "Kargo 1.9 does not accept a port in imageRef",
                "use a registry on the standard port, or Kargo 1.10")
        }
        if !ExpressionTemplate.hasExpression(text), let slash = path.firstIndex(of: "/") {
            let name = path[slash...]
            if let at = name.firstIndex(of: "@"), name[..<at].contains(":") {
                report("oci-reference", at: node, "imageRef must have a tag or a digest, not both", "remove the tag")
                return
            }
        } else if let at = text.firstIndex(of: "@"), text[..<at].contains("Tag") || text[..<at].contains("}}:") {
            report("oci-reference", at: node, "imageRef must have a tag or a digest, not both", "remove the tag")
            return
        }
        guard !hasDigest else { return }
        report(
            "oci-tag", as: .warning, at: node, "a tag may have moved since the Freight was created",
            "download by digest: …@${{ imageFrom('…').Digest }}")
    }

    private mutating func checkImages(_ step: LintedStep) {
        for image in step.config?["images"]?.sequence ?? [] {
            switch (image["tag"], image["digest"]) {
            case (let tag?, nil):
                report(
                    "image-tag", as: .warning, at: tag, "the image is set by tag, and a tag may move",
                    "use digest instead")
            case (let tag?, .some):
                report("image-tag", at: tag, "an image must have a tag or a digest, not both", "remove the tag")
            case (nil, nil) where image.mapping != nil:
                report("image-tag", at: image, "an image must have a tag or a digest", "set digest")
            default: break
            }
        }
    }

    private mutating func checkClear(_ step: LintedStep) {
        guard let node = step.config?["path"], let path = node.string.map(Self.normal) else { return }
        budget.spend(step.index)
        for clone in steps.prefix(step.index) where !budget.isSpent && clone.uses == "git-clone" {
            let checkouts = clone.config?["checkout"]?.sequence ?? []
            budget.spend(checkouts.count)
            for checkout in checkouts {
                guard let top = checkout["path"]?.string.map(Self.normal), path.hasPrefix("\(top)/") else { continue }
                let isCreated = checkout["create"]?.bool ?? false
                report(
                    "clear-path", as: isCreated ? .error : .warning, at: node,
                    isCreated
                        ? "git-clear fails when the directory does not exist, as on the empty branch that create: true makes"
                        : "git-clear fails when the directory does not exist",
                    "clear the root of the checkout, \(checkout["path"]?.string ?? "")")
            }
        }
    }

    private mutating func checkClone(_ step: LintedStep) {
        let checkouts = step.config?["checkout"]?.sequence ?? []
        for checkout in checkouts {
            let chosen = ["branch", "commit", "tag"].filter { checkout[$0] != nil }
            if chosen.count > 1 {
                report(
                    "checkout", at: checkout[chosen[1]], "a checkout must have only one of branch, commit and tag",
                    "keep one of them")
            }
            guard let branch = checkout["branch"], checkout["create"]?.bool != true, checkouts.count > 1,
                let name = branch.string, !ExpressionTemplate.hasExpression(name)
            else { continue }
            report(
                "moving-branch", as: .warning, at: branch,
                "branch \(name) may move: the same Freight can give another result, and a restart of the controller can change "
                    + "a branch that is under review",
                "pin a commit: commit: \"${{ quote(outputs.\(step.name)?.commits?.… ?? '\(name)') }}\"")
        }
    }

    private mutating func checkPush(_ step: LintedStep) {
        let config = step.config
        if let node = config?["targetBranch"], config?["generateTargetBranch"]?.bool == true {
            report(
                "push-target", at: node, "targetBranch and generateTargetBranch exclude each other", "keep one of them")
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
                "the request is repeated without end while the response is neither a success nor a failure",
                "set retry.timeout")
        }
        if step.node["retry"]?["errorThreshold"] == nil {
            report(
                "http-threshold", as: .warning, at: step.node, "a single failed connection ends the Promotion",
                "set retry.errorThreshold")
        }
    }

    /// Checks an expression about the response: it has no delimiters, and `response` is its only variable.
    private mutating func check(response node: YAMLNode) {
        guard let text = node.string, !ExpressionTemplate.hasExpression(text) else { return }
        do {
            let references = try KargoExpression(parsing: text).references
            for path in references.paths where path.root != "response" {
                report(
                    "http-expression", at: node,
                    "the variable \(path.root) does not exist in an expression about the response",
                    "use response.status, response.header(), response.headers or response.body")
            }
            for path in references.paths where path.root == "response" {
                guard let member = path.members.first.flatMap({ $0 }),
                    !["status", "header", "headers", "body"].contains(member)
                else { continue }
                report(
                    "http-expression", at: node, "response has no \(member)",
                    "its members are status, header(), headers and body")
            }
            for call in references.calls where !Builtin.names.contains(call.name) {
                report(
                    "http-expression", at: node,
                    "the function \(call.name)() does not exist in an expression about the response",
                    "use a function of the language")
            }
        } catch {
            report(
                "http-expression", at: node,
                "the expression cannot be read: \(error.message), at byte \(error.offset + 1)", "correct the expression"
            )
        }
    }

    private static func normal(_ path: String) -> String {
        path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
