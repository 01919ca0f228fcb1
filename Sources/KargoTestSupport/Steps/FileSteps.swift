internal import Archive
internal import CapsuleTestSupport
internal import FoundationEssentials
internal import OCI

/// `file-write`: writes a file. Since Kargo 1.11.
struct FileWriteStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        try config.only("path", "contents", "permissions", "overwrite")
        let relative = try config.required("path")
        guard let contents = try config.text("contents") else { throw StepFailure.configuration("contents is missing") }
        guard !relative.hasPrefix("/"), !relative.split(separator: "/").contains(".."),
            relative.split(separator: "/").first(where: { $0 != "." }) != ".git"
        else { throw StepFailure(.failed, terminal: true, "path \(relative) is not allowed") }
        let path = context.path(relative)
        guard try config.bool("overwrite") || !FileManager.default.fileExists(atPath: path) else {
            throw StepFailure(.failed, terminal: true, "file \(relative) already exists")
        }
        try writeFile(path, contents)
        let mode = try config.filled("permissions").map { Int($0, radix: 8) ?? 0 } ?? 0o600
        guard mode & 0o111 == 0, mode & 0o002 == 0, mode > 0, mode <= 0o777 else {
            throw StepFailure(.failed, terminal: true, "these permissions are not allowed")
        }
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return .succeeded()
    }
}

/// `copy`: copies a file, or merges a directory into another. Symbolic links and `.git` are left out.
struct CopyStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        try config.only("inPath", "outPath", "ignore")
        guard try config.filled("ignore") == nil else { throw InterpreterError(description: "copy with ignore") }
        let (source, target) = (try config.required("inPath"), try config.required("outPath"))
        guard FileManager.default.fileExists(atPath: context.path(source)) else {
            throw StepFailure(.errored, "failed to copy \(source): no such file or directory")
        }
        try copy(context.path(source), to: context.path(target), context)
        return .succeeded()
    }

    private func copy(_ source: String, to target: String, _ context: StepContext) throws {
        let manager = FileManager.default
        let type = try manager.attributesOfItem(atPath: source)[.type] as? FileAttributeType
        switch type {
        case .typeSymbolicLink?: return
        case .typeDirectory?:
            try manager.createDirectory(atPath: target, withIntermediateDirectories: true)
            for name in try manager.contentsOfDirectory(atPath: source) where name != ".git" {
                try copy("\(source)/\(name)", to: "\(target)/\(name)", context)
            }
        default:
            try context.makeParent(of: target)
            if manager.fileExists(atPath: target) { try manager.removeItem(atPath: target) }
            try manager.copyItem(atPath: source, toPath: target)
        }
    }
}

/// `delete`: removes files or directories.
struct DeleteStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        let isNew = context.cluster.minorVersion >= 11
        try config.only("path", "strict", isNew ? "paths" : "path", isNew ? "pathsAreGlobs" : "path")
        guard try !config.bool("pathsAreGlobs") else { throw InterpreterError(description: "delete with globs") }
        for relative in try [config.filled("path")].compactMap({ $0 }) + config.texts("paths") {
            guard !relative.split(separator: "/").contains("..") else {
                throw StepFailure(.errored, "path \(relative) leaves the working directory")
            }
            let path = context.path(relative)
            let exists = (try? FileManager.default.attributesOfItem(atPath: path)) != nil
            guard try exists || !config.bool("strict") else {
                throw StepFailure(.errored, "path \(relative) does not exist")
            }
            if exists { try FileManager.default.removeItem(atPath: path) }
        }
        return .succeeded()
    }
}
