import CapsuleReports
import CapsuleTestSupport
import DeliveryConfiguration
import KargoManifests
import Testing

@Suite("The picture of the stages")
struct LadderPictureTests {
    @Test("is a tree in a terminal and a flowchart in a README")
    func pictures() throws {
        let picture = LadderPicture(try Shop.configuration())
        try expectGolden(picture.text(), "ladder.txt")
        try expectGolden(picture.markdown(), "ladder.md")
    }
}
