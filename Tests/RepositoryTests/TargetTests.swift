import Foundation
import Testing

@Suite("The targets of the package")
struct TargetTests {
    /// SwiftPM ignores a folder that no target names, so the tests in it would not run.
    @Test("Every folder of sources and of tests belongs to a target", arguments: ["Sources", "Tests"])
    func folders(top: String) throws {
        let manager = FileManager.default
        let package = try String(contentsOfFile: "\(NamedPaths.repository)/Package.swift", encoding: .utf8)
        let targets = Set(
            package.matches(of: /[tT]arget\(\s*name: "([^"]+)"|Library\(\s*name: "([^"]+)"/).compactMap {
                ($0.output.1 ?? $0.output.2).map(String.init)
            })
        #expect(targets.count > 40)
        let folders = try manager.contentsOfDirectory(atPath: "\(NamedPaths.repository)/\(top)")
            .filter { !$0.hasPrefix(".") }
        for folder in folders { #expect(targets.contains(folder), "\(top)/\(folder) is not a target") }
    }
}
