// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {EpochReport} from "../../contracts/interfaces/IEpochReports.sol";
import {IServiceNodeRegistry} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {Signer} from "./support/Signer.sol";
import {SilenceTest} from "./support/SilenceTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-24, P-36, P-110, P-111: two thirds of the stake record what they like, decommission the rest, and try to
/// become everybody. Nodes 15 to 20 are honest; each test is a way in which they are heard.
contract CoalitionTest is SilenceTest {
    uint256 private constant N = 20;
    uint256 private constant COALITION = 14 * 15 / 2; // the sum of the secret keys 1 to 14
    uint256 private constant HONEST = N * (N + 1) / 2 - COALITION;
    address private constant THIEF = address(0x7417ef);

    function setUp() public override {
        super.setUp();
        _startWith(N);
        // Six reports take them out one by one; their signatures are left out of each.
        for (uint64 id = 15; id <= 20; ++id) {
            EpochReport memory report = _reportOf(_closeRunning());
            report.decommission = _ids(id);
            _submit(report, COALITION, _range(id, 20), none);
        }
        _assertStakes(14, 6, 0);
    }

    function test_P111_two_thirds_do_not_become_everybody_while_the_rest_is_shown() public {
        // The attack's own history: 168 reports, which the honest sign too, and are shown to have.
        for (uint256 i = 0; i < 200; ++i) {
            EpochReport memory report = _record(0);
            if (i % 24 == 23) _show(report, HONEST, _range(15, 20));
            if (i % 24 == 22) _coalitionTakesNothing();
        }
        _coalitionTakesNothing();
    }

    function test_P111_two_thirds_do_not_become_everybody_while_the_rest_contests_together() public {
        // The reports are lies: the honest sign none of them, so nobody can show that they have.
        for (uint256 i = 0; i < 200; ++i) {
            _record(keccak256(abi.encode("a lie", i)));
            if (i % 40 != 39) continue;
            _coalitionTakesNothing();
            _contest(HONEST, _range(15, 20));
        }
        _coalitionTakesNothing();
    }

    function test_P111_two_thirds_do_not_become_everybody_while_the_rest_contests_late() public {
        // Dropped after 48 reports, they come back in the last one before the first could be liquidated.
        for (uint256 i = 0; i < 48; ++i) _record(0);
        rewards.dropSilent(_range(15, 20));
        _assertStakes(14, 0, 6);
        for (uint256 i = 48; i < 162; ++i) _record(0);
        for (uint64 id = 15; id <= 20; ++id) {
            vm.expectRevert(
                abi.encodeWithSelector(IServiceNodeRegistry.LiquidationTooEarly.selector, id, 162 + 20 - id, 168)
            );
            rewards.liquidateBLSPublicKey(id);
        }
        for (uint64 id = 15; id <= 20; ++id) rewards.contest(id);
        _assertStakes(14, 6, 0);
        _coalitionTakesNothing();
    }

    function test_P24_P110_two_thirds_move_money_once_enough_of_the_rest_is_silent_for_48_reports() public {
        // The price of not being heard, and no sooner than the rules say: node 15 was decommissioned five reports ago.
        for (uint256 i = 0; i < 42; ++i) {
            _record(0);
            rewards.dropSilent(_range(15, 20));
            _assertStakes(14, 6, 0);
        }
        _record(0);
        rewards.dropSilent(_range(15, 20));
        _assertStakes(14, 5, 1);
        _claim(19); // 14 of 19 are 7368 bps
        _record(0);
        rewards.dropSilent(_range(15, 20));
        _assertStakes(14, 4, 2);
        _claim(0); // 14 of 18 are 7777
    }

    // --- helpers ---

    /// @dev The coalition records its next report.
    function _record(bytes32 root) private returns (EpochReport memory report) {
        report = _reportOf(_closeRunning());
        report.rewardsRoot = root;
        _submit(report, COALITION, none, none);
    }

    function _coalitionTakesNothing() private {
        rewards.dropSilent(_range(15, 20));
        _assertStakes(14, 6, 0);
        for (uint64 id = 15; id <= 20; ++id) {
            vm.prank(THIEF);
            (bool done, bytes memory answer) =
                address(rewards).call(abi.encodeCall(rewards.liquidateBLSPublicKey, (id)));
            assertTrue(!done, "not liquidated");
            assertEq(bytes32(bytes4(answer)), bytes32(IServiceNodeRegistry.LiquidationTooEarly.selector));
        }
        _claim(20);
        assertEq(distributor.payableRootCount(), 0);
    }

    /// @dev Claims all that was released. The floor is missed with `total` stakes in all, or reached when that is zero.
    function _claim(uint256 total) private {
        uint256 amount = pool.released(vm.getBlockTimestamp());
        BLS.G2Point memory signature = Signer.sign(COALITION, rewards.hashRewardClaim(THIEF, amount));
        if (total != 0) {
            vm.expectRevert(
                abi.encodeWithSelector(IServiceNodeRewards.FloorNotReached.selector, 14 * STAKE, total * STAKE, 7_500)
            );
        }
        rewards.updateRewardsBalance(THIEF, amount, signature, none, none);
    }
}
