// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {Node, NodeState} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {EpochReport} from "../../contracts/interfaces/IEpochReports.sol";
import {IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {ReportTest} from "./support/ReportTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev A bundle survives changes of the set: one signature, and after it every combination of a registration, two
/// activations, an exit, a liquidation, a decommission, a return and a drop from the floor. With lists derived anew it
/// pays exactly while its signers hold 95% of the then active stake and the floor.
contract SurvivalTest is ReportTest {
    error Rolled();

    uint256 private constant N = 24;
    uint64 private constant ABSENT = 5; // active, has not signed; decommissioned by the change
    uint64 private constant LEAVER = 6; // active, has signed; its unlock time comes
    uint64 private constant FAILED = 7; // decommissioned for 168 reports, has signed; liquidated by the change
    uint64 private constant BACK = 8; // decommissioned, has signed; activated again by the change
    uint64 private constant WAITING = 25; // pending, has signed; activated by the change
    uint64 private constant SILENT = 26; // pending, has not signed; activated by the change
    address private constant ALICE = address(0xa11ce);
    uint256 private constant CHANGES = 8;

    BLS.G2Point private signature;
    bool[28] private signed;

    function setUp() public override {
        super.setUp();
        _startWith(N);
        _register(WAITING, address(0x0e));
        _register(SILENT, address(0x0e));
        rewards.setState(BACK, NodeState.Decommissioned);
        rewards.initiateExitBLSPublicKey(LEAVER);
        uint256 secret = _sumTo(N) - BACK;
        _decommission(_ids(FAILED), secret);
        for (uint256 i = 0; i < 168; ++i) _next(secret - FAILED);
        uint256 sum = 0;
        for (uint64 id = 1; id <= 25; ++id) {
            signed[id] = id != ABSENT;
            if (signed[id]) sum += id;
        }
        signature = Signer.sign(sum, rewards.hashRewardClaim(ALICE, 5));
        vm.warp(rewards.node(LEAVER).leaveRequestedAt + 15 days);
    }

    function test_a_bundle_survives_every_combination_of_changes() public {
        uint256 paid = 0;
        for (uint256 mask = 0; mask < 2 ** CHANGES; ++mask) {
            (bool success, bytes memory answer) = address(this).call(abi.encodeCall(this.change, (mask)));
            assertTrue(!success, "rolled back");
            // The one error that says that all went as it should, and whether it paid.
            (bytes4 selector, uint256 outcome) = _decode(answer);
            if (selector != Rolled.selector) {
                assembly ("memory-safe") {
                    revert(add(answer, 0x20), mload(answer))
                }
            }
            paid += outcome;
        }
        assertTrue(paid > 30 && paid < 2 ** CHANGES - 30, "both outcomes are frequent");
    }

    /// @dev Applies the changes of a mask, tries the bundle, compares with the rule, and rolls everything back.
    function change(uint256 mask) external {
        // Both are silent for 168 reports. First, because what follows takes one of them out and the other back.
        if (mask & 128 != 0) rewards.dropSilent(_ids(FAILED, BACK));
        if (mask & 1 != 0) _register(27, address(0x0e));
        if (mask & 2 != 0) rewards.exitBLSPublicKey(LEAVER);
        if (mask & 4 != 0) rewards.liquidateBLSPublicKey(FAILED);
        if (mask & 8 != 0) _report(_ids(WAITING), none);
        if (mask & 16 != 0) _report(_ids(SILENT), none);
        if (mask & 32 != 0) _report(none, _ids(ABSENT));
        if (mask & 64 != 0) _report(_ids(BACK), none);

        (uint64[] memory non, uint64[] memory extra, bool shouldPay) = _derive();
        (bool success, bytes memory answer) =
            address(rewards).call(abi.encodeCall(rewards.updateRewardsBalance, (ALICE, 5, signature, non, extra)));
        assertTrue(success == shouldPay, "pays exactly by the rule");
        if (!success) {
            (bytes4 selector,) = _decode(answer);
            bool isQuorum = selector == IServiceNodeRewards.QuorumNotReached.selector
                || selector == IServiceNodeRewards.FloorNotReached.selector;
            assertTrue(isQuorum, "for want of a quorum only");
        }
        bytes memory outcome = abi.encodePacked(Rolled.selector, success ? uint256(1) : uint256(0));
        assembly ("memory-safe") {
            revert(add(outcome, 0x20), mload(outcome))
        }
    }

    /// @dev What a client derives from the signers and the set as it is now (P-102), and the rule of P-24.
    function _derive() private view returns (uint64[] memory non, uint64[] memory extra, bool shouldPay) {
        uint256 last = rewards.nextId() - 1;
        (non, extra) = (new uint64[](last), new uint64[](last));
        (uint256 nons, uint256 extras, uint256 active, uint256 decommissioned, uint256 decommissionedExtra) =
            (0, 0, 0, 0, 0);
        for (uint64 id = 1; id <= last; ++id) {
            Node memory node = rewards.node(id);
            NodeState state = node.state;
            bool inFloor = state == NodeState.Decommissioned && !node.silent;
            if (state == NodeState.Active) ++active;
            if (inFloor) ++decommissioned;
            if (state == NodeState.Active && !signed[id]) non[nons++] = id;
            if (state != NodeState.Active && signed[id]) {
                extra[extras++] = id;
                if (inFloor) ++decommissionedExtra;
            }
        }
        assembly ("memory-safe") {
            mstore(non, nons)
            mstore(extra, extras)
        }
        uint256 signedActive = active - nons;
        shouldPay = signedActive * 10_000 >= active * 9_500
            && (signedActive + decommissionedExtra) * 10_000 >= (active + decommissioned) * 7_500;
    }

    function _report(uint64[] memory activate, uint64[] memory decommission) private {
        EpochReport memory report = _reportOf(_closeRunning());
        (report.activate, report.decommission) = (activate, decommission);
        uint256 secret = 0;
        uint256 bits = rewards.activeBitmap(0);
        for (uint256 id = 1; id < 28; ++id) if ((bits >> id) & 1 == 1) secret += id;
        _submit(report, secret, none, none);
    }

    function _decode(bytes memory answer) private pure returns (bytes4 selector, uint256 value) {
        assembly ("memory-safe") {
            selector := mload(add(answer, 0x20))
            value := mload(add(answer, 0x24))
        }
    }
}
