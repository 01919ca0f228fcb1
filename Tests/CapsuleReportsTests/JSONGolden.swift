import CapsuleTestSupport
import FoundationEssentials
import Support

/// Results in the golden files of other tests, from which the tests here make text.
enum JSONGolden {
    /// Decodes a golden file.
    ///
    /// - Parameter path: the path below `Tests`.
    static func read<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
        return try JSONDecoder().decode(type, from: Data(readFile("\(tests)/\(path)")))
    }
}
