import CapsuleTestSupport
import FoundationEssentials
import Processes

/// Other people's validators, where `$CAPSULE_TEST_PYTHON` (or `python3`) has them.
enum Python {
    static let program = ProcessInfo.processInfo.environment["CAPSULE_TEST_PYTHON"] ?? "python3"

    static func has(_ module: String) async -> Bool {
        await Tool.hasModules(module, python: program)
    }

    /// Runs a script on a document and returns what it prints; nothing means it has no complaint.
    static func check(_ script: String, _ document: [UInt8]) async throws -> String {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/document.spdx.json"
            try writeFile(path, document)
            return try await Tool.output([program, "-c", script, path])
        }
    }
}
