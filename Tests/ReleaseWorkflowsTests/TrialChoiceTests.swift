import CapsuleCore
import Support
import Testing

@testable import ReleaseWorkflows
@testable import Rendering

@Suite("The deployments of a trial render")
struct TrialChoiceTests {
    @Test("are all of a small ladder, and of a fleet some of each environment type, in their order")
    func choice() throws {
        let fleet = try (0..<600).map { number in
            try Deployment(
                name: "site-\(number)", envType: number < 590 ? "store" : "type-\(number)", namespace: "site")
        }
        #expect(TrialRender.choose(Array(fleet.prefix(24))).map(\.name) == fleet.prefix(24).map(\.name))
        let chosen = TrialRender.choose(fleet)
        #expect(chosen.count == TrialRender.maximumRenders)
        #expect(Set(chosen.map(\.envType)) == Set(fleet.map(\.envType)))
        #expect(chosen.map(\.name) == fleet.map(\.name).filter(Set(chosen.map(\.name)).contains))
    }

    @Test("have one finding for one fault, with the names of all deployments that have it")
    func findings() {
        func rejection(_ deployment: String, _ messages: String...) -> RenderRejection {
            RenderRejection(
                deployment: deployment,
                findings: messages.map { Finding(rule: "render.failed", message: $0, remedy: "mend it") })
        }
        let both = TrialRejection([
            rejection("staging", "helm rendering staging: no luck"),
            rejection("test", "helm rendering test: no luck", "another"),
        ])
        #expect(both.deployments == ["staging", "test"])
        #expect(
            both.findings.map(\.message) == ["staging, test: helm rendering staging: no luck", "test: another"])
        let one = TrialRejection([rejection("staging", "no luck")])
        #expect(one.findings.map(\.message) == ["no luck"])
        #expect(one.message == "the release cannot be rendered for staging; nothing was published")
    }
}
