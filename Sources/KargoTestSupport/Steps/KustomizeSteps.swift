internal import Archive
internal import CapsuleTestSupport
internal import Documents
internal import FoundationEssentials
internal import KargoExpressions
internal import Processes
internal import Support

/// `kustomize-set-image`: merges images into a kustomization by name.
struct KustomizeSetImageStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        try config.only("path", "images")
        let relative = try config.required("path")
        let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"]
        let files = names.map { "\(context.path(relative))/\($0)" }.filter(FileManager.default.fileExists)
        guard let file = files.first, files.count == 1 else {
            throw StepFailure(.errored, "found \(files.count) kustomizations in \(relative) instead of one")
        }
        var targets: [String: JSONValue] = [:]
        for image in try config.list("images") {
            try image.only("image", "name", "newName", "tag", "digest")
            let repository = try image.required("image")
            let (tag, digest) = (try image.filled("tag"), try image.filled("digest"))
            guard (tag == nil) != (digest == nil) else {
                throw StepFailure.configuration("\(image.path) must have a tag or a digest, not both")
            }
            let name = try image.filled("name") ?? repository
            targets[name] = .members([
                "name": .string(name), "newName": try image.filled("newName").map { .string($0) },
                "newTag": tag.map { .string($0) }, "digest": digest.map { .string($0) },
            ])
        }
        if try config.list("images").isEmpty {
            for image in context.freight.flatMap(\.images) {
                targets[image.repoURL] = .members([
                    "name": .string(image.repoURL), "newTag": .string(image.tag), "digest": .string(image.digest),
                ])
            }
        }
        let node = try YAMLParser.document(try readFile(file), file: file, limits: .kustomizations)
        var members = JSONValue(manifest: node).members ?? []
        let current = members.first { $0.key == "images" }?.value.array ?? []
        for image in current {
            guard let name = image["name"]?.string, targets[name] == nil else { continue }
            targets[name] = image
        }
        members.removeAll { $0.key == "images" }
        let sorted = targets.sorted { $0.key.precedesByBytes($1.key) }.map(\.value)
        members.append(JSONMember(key: "images", value: .array(sorted)))
        try writeFile(file, JSONValue.object(members).yaml)
        let lines = sorted.map { image in
            let name = image["newName"]?.string ?? image["name"]?.string ?? ""
            let tag = image["newTag"]?.string.map { ":\($0)" } ?? ""
            return "\n- \(name)\(tag)\(image["digest"]?.string.map { "@\($0)" } ?? "")"
        }
        let plural = sorted.count > 1 ? "s" : ""
        return .succeeded(
            .members(["commitMessage": .string("Updated \(relative) to use new image\(plural)\n\(lines.joined())")]))
    }
}

/// `kustomize-build`: runs kustomize, with the file names that Kargo uses.
struct KustomizeBuildStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        try config.only("path", "outPath", "outputFormat", "plugin")
        let source = context.path(try config.required("path"))
        let output = context.path(try config.required("outPath"))
        let format = try config.filled("outputFormat") ?? "kargo"
        guard ["kargo", "kustomize"].contains(format) else {
            throw StepFailure.configuration("outputFormat \(format) is neither kargo nor kustomize")
        }
        let program = Tool.exists("kustomize") ? ["kustomize", "build"] : ["kubectl", "kustomize"]
        let arguments = program + [source, "--load-restrictor", "LoadRestrictionsNone"]
        if output.hasSuffix(".yaml") || output.hasSuffix(".yml") {
            try context.makeParent(of: output)
            try writeFile(output, try await build(arguments))
        } else if format == "kustomize" {
            try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
            _ = try await build(arguments + ["-o", output])
        } else {
            let stream = String(decoding: try await build(arguments), as: UTF8.self)
            for text in stream.split(separator: "\n---\n") {
                let object = try YAMLParser.document(Array(text.utf8), file: "object", limits: .manifests)
                let (kind, metadata) = (object["kind"]?.string ?? "", object["metadata"])
                let namespace = metadata?["namespace"]?.string.map { "\($0)-" } ?? ""
                let name = "\(namespace)\(kind)-\(metadata?["name"]?.string ?? "").yaml".lowercased()
                try writeFile("\(output)/\(name)", text.hasSuffix("\n") ? String(text) : "\(text)\n")
            }
        }
        return .succeeded()
    }

    private func build(_ arguments: [String]) async throws -> [UInt8] {
        let result = try await Tool.run(arguments)
        guard result.succeeded else { throw StepFailure(.errored, "kustomize: \(result.errorOutput)") }
        return result.output
    }
}
