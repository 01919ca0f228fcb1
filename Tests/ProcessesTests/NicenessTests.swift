import Testing

@testable import Processes

@Suite("Niceness", .timeLimit(.minutes(1))) struct NicenessTests {
    @Test("of a program is that of this process, and what the command adds", arguments: [0, 7, 19, 25])
    func added(niceness: Int) async throws {
        func nice(_ niceness: Int) async throws -> Int? {
            var command = Command("nice", [], environment: [:])
            command.niceness = niceness
            let text = String(decoding: try await SystemCommandRunner().run(command).output, as: UTF8.self)
            return text.split(separator: "\n").first.flatMap { Int($0) }
        }
        let own = try #require(try await nice(0))
        #expect(try await nice(niceness) == min(19, own + min(19, niceness)))
    }
}
