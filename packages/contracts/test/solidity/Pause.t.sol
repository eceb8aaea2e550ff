// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IEmergency} from "../../contracts/interfaces/IEmergency.sol";
import {EpochReport} from "../../contracts/interfaces/IEpochReports.sol";
import {IRewardsDistributor, ProofClaim} from "../../contracts/interfaces/IRewardsDistributor.sol";
import {NodeState, Registration} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {Signer} from "./support/Signer.sol";
import {SilenceTest} from "./support/SilenceTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-29: what a pause stops. P-113: who may pause, for how long, and that each pause ends by itself.
contract PauseTest is SilenceTest {
    uint256 private constant N = 20;
    uint256 private constant ALL = N * (N + 1) / 2;
    address private constant ALICE = address(0xa11ce);
    address private constant OPERATOR = address(0x0e);

    uint256 private begin;

    function setUp() public override {
        super.setUp();
        _startWith(N);
        begin = vm.getBlockTimestamp();
    }

    // --- what a pause stops, and what not ---

    function test_P29_a_pause_stops_updates_and_payouts_and_nothing_is_lost() public {
        _award(ALICE, 5, N);
        BLS.G2Point memory signature = Signer.sign(ALL, rewards.hashRewardClaim(ALICE, 9));
        rewards.pause(1 days);
        bytes memory paused = _enforcedPause(begin + 1 days);
        vm.expectRevert(paused);
        rewards.updateRewardsBalance(ALICE, 9, signature, none, none);
        _claimsRefused(signature, paused);
        rewards.unpause();
        vm.warp(vm.getBlockTimestamp() + 1 hours);
        vm.prank(ALICE);
        rewards.updateAndClaim(9, signature, none, none);
        assertEq(token.balanceOf(ALICE), 9);
    }

    /// @dev Each call by which rewards are raised or paid.
    function _claimsRefused(BLS.G2Point memory signature, bytes memory paused) private {
        ProofClaim[] memory claims = new ProofClaim[](0);
        bytes[6] memory calls = [
            abi.encodeCall(rewards.updateAndClaim, (9, signature, none, none)),
            abi.encodeWithSignature("claimRewards()"),
            abi.encodeWithSignature("claimRewards(uint256)", 1),
            abi.encodeCall(distributor.claimWithProof, (9, 0, new bytes32[](0))),
            abi.encodeCall(distributor.updateRewardsBalancesWithProofs, (claims)),
            abi.encodeCall(distributor.addRoot, (bytes32(uint256(1))))
        ];
        for (uint256 i = 0; i < 3; ++i) _callRefused(ALICE, address(rewards), calls[i], paused);
        for (uint256 i = 1; i < 5; ++i) _callRefused(ALICE, address(distributor), calls[i], paused);
        _callRefused(address(rewards), address(distributor), calls[5], paused);
    }

    function test_P29_a_pause_stops_registrations_reports_drops_liquidations_and_emergencies() public {
        rewards.setState(20, NodeState.Decommissioned);
        rewards.passReports(168);
        Registration memory registration = _registration(50, OPERATOR);
        vm.warp(begin + 72 * EPOCH);
        rewards.announceEmergency(_ids(1), none);
        EpochReport memory report = _reportOf(71);
        BLS.G2Point memory signature = Signer.sign(ALL - 20, rewards.hashEpochReport(report));
        rewards.pause(30 days);
        bytes memory paused = _enforcedPause(begin + 72 * EPOCH + 30 days);
        bytes[6] memory calls = [
            abi.encodeCall(rewards.addBLSPublicKey, (registration, _solo(OPERATOR))),
            abi.encodeCall(rewards.reportEpoch, (report, signature, none, none)),
            abi.encodeCall(rewards.dropSilent, (_ids(20))),
            abi.encodeCall(rewards.liquidateBLSPublicKey, (20)),
            abi.encodeCall(rewards.announceEmergency, (_ids(2), none)),
            abi.encodeCall(rewards.emergencyDecommission, (_ids(1), none))
        ];
        for (uint256 i = 0; i < calls.length; ++i) _callRefused(address(this), address(rewards), calls[i], paused);
        vm.warp(begin + 72 * EPOCH + NOTICE);
        _callRefused(address(this), address(rewards), calls[5], paused);
        _assertStakes(N - 1, 1, 0);
    }

    function test_P29_a_pause_stops_neither_leaving_nor_principal_contests_showings_setters_and_payouts_of_the_pool()
        public
    {
        rewards.setState(20, NodeState.Decommissioned);
        EpochReport memory report = _reportOf(_closeRunning());
        _submit(report, ALL - 20, none, none);
        rewards.pause(30 days);
        _show(report, 20, _ids(20));
        rewards.contest(20);
        _contest(20, _ids(20));
        rewards.dropFromFloor(_ids(20));
        rewards.setClaimLimit(8, 9);
        rewards.setStakingRequirement(STAKE + 1);
        rewards.setContributionFactory(address(0xFAC));
        rewards.setGuardian(address(0x94a));
        pool.payoutReleased();
        assertTrue(token.balanceOf(address(distributor)) > 0, "paid out to the distributor");
        rewards.initiateExitBLSPublicKey(3);
        vm.warp(vm.getBlockTimestamp() + 15 days);
        rewards.exitBLSPublicKey(3);
        uint256 before = token.balanceOf(address(this));
        rewards.withdrawPrincipal(3);
        assertEq(token.balanceOf(address(this)), before + STAKE);
        assertTrue(rewards.paused(), "still paused");
    }

    function test_P113_a_pause_ends_by_itself_in_both_contracts_at_the_same_second() public {
        vm.warp(begin + 1 days);
        _award(ALICE, 5, N);
        rewards.pause(1 days);
        uint256 until = begin + 2 days;
        assertEq(rewards.pausedUntil(), until);
        vm.warp(until - 1);
        assertTrue(rewards.paused() && distributor.paused(), "both paused");
        _callRefused(ALICE, address(distributor), abi.encodeWithSignature("claimRewards()"), _enforcedPause(until));
        _callRefused(ALICE, address(rewards), abi.encodeWithSignature("claimRewards()"), _enforcedPause(until));
        // Nobody calls anything, and both have ended.
        vm.warp(until);
        assertTrue(!rewards.paused() && !distributor.paused(), "neither paused");
        vm.prank(ALICE);
        distributor.claimRewards(2);
        vm.prank(ALICE);
        rewards.claimRewards(3);
        _award(ALICE, 9, N);
        rewards.dropSilent(none);
    }

    // --- the owner ---

    function test_P113_the_owner_begins_extends_shortens_and_ends() public {
        _emitsPaused(begin + 1 days);
        rewards.pause(1 days);
        vm.warp(begin + 12 hours);
        _emitsPaused(begin + 12 hours + 30 days);
        rewards.pause(30 days);
        assertEq(rewards.pausedUntil(), begin + 12 hours + 30 days);
        _emitsPaused(begin + 13 hours);
        rewards.pause(1 hours);
        _emitsPaused(begin + 12 hours);
        rewards.unpause();
        assertTrue(!rewards.paused() && !distributor.paused(), "ended in both");
        assertEq(rewards.pausedUntil(), begin + 12 hours);
        vm.expectRevert(abi.encodeWithSelector(IEmergency.NotPaused.selector, begin + 12 hours));
        rewards.unpause();
        _award(ALICE, 5, N);
    }

    function test_P113_no_pause_is_longer_than_30_days_or_of_no_seconds() public {
        address[2] memory callers = [address(this), GUARDIAN];
        uint256[3] memory durations = [uint256(0), 30 days + 1, type(uint256).max];
        for (uint256 i = 0; i < callers.length; ++i) {
            for (uint256 j = 0; j < durations.length; ++j) {
                vm.prank(callers[i]);
                vm.expectRevert(
                    abi.encodeWithSelector(
                        IServiceNodeRewards.ParameterOutOfRange.selector, "duration", durations[j]
                    )
                );
                rewards.pause(durations[j]);
            }
        }
        rewards.pause(30 days);
        assertEq(rewards.pausedUntil(), begin + 30 days);
    }

    function test_P113_the_guardian_neither_ends_nor_changes_a_pause_of_the_owners() public {
        rewards.pause(10 days);
        bytes memory owners = abi.encodeWithSelector(IEmergency.PausedByOwner.selector, begin + 10 days);
        _guardianRefused(1 days, owners);
        _guardianRefused(20 days, owners);
        vm.prank(GUARDIAN);
        vm.expectRevert(owners);
        rewards.unpause();
        _assertWindow(0, 0);
        // The owner takes over a pause of the guardian's by setting its time.
        rewards.unpause();
        _guardianPauses(1 days);
        rewards.pause(2 days);
        owners = abi.encodeWithSelector(IEmergency.PausedByOwner.selector, begin + 2 days);
        _guardianRefused(1 days, owners);
        vm.prank(GUARDIAN);
        vm.expectRevert(owners);
        rewards.unpause();
        // When it has ended by itself, the guardian may pause again.
        vm.warp(begin + 2 days);
        _guardianPauses(1 days);
        vm.prank(GUARDIAN);
        rewards.unpause();
    }

    function test_P113_the_owner_ends_a_pause_of_the_guardians_and_pauses_at_any_time() public {
        for (uint256 i = 0; i < 3; ++i) {
            _guardianPauses(1 days);
            _emitsPaused(begin);
            rewards.unpause();
        }
        _guardianRefused(1 days, abi.encodeWithSelector(IEmergency.GuardianMustWait.selector, begin + 60 days));
        // The owner's pauses are not counted.
        for (uint256 i = 0; i < 5; ++i) {
            rewards.pause(30 days);
            rewards.unpause();
        }
        _assertWindow(begin + 30 days, 3);
    }

    // --- the guardian ---

    function test_P113_the_guardian_begins_three_pauses_in_a_window_and_ends_them() public {
        for (uint256 i = 1; i <= 3; ++i) {
            _guardianPauses(2 days);
            assertEq(rewards.pausedUntil(), vm.getBlockTimestamp() + 2 days);
            _assertWindow(begin + 30 days, i);
            vm.warp(vm.getBlockTimestamp() + 1 days);
            _emitsPaused(vm.getBlockTimestamp());
            vm.prank(GUARDIAN);
            rewards.unpause();
            assertTrue(!rewards.paused() && !distributor.paused(), "ended");
        }
        bytes memory wait = abi.encodeWithSelector(IEmergency.GuardianMustWait.selector, begin + 60 days);
        _guardianRefused(1, wait);
        vm.warp(begin + 60 days - 1);
        _guardianRefused(1, wait);
        vm.warp(begin + 60 days);
        _guardianPauses(1 days);
        _assertWindow(begin + 90 days, 1);
    }

    function test_P113_a_guardians_pause_replaces_its_last_and_is_counted() public {
        _guardianPauses(2 days);
        _guardianPauses(5 days);
        assertEq(rewards.pausedUntil(), begin + 5 days);
        _guardianPauses(1 days);
        assertEq(rewards.pausedUntil(), begin + 1 days);
        _guardianRefused(1 days, abi.encodeWithSelector(IEmergency.GuardianMustWait.selector, begin + 60 days));
    }

    function test_P113_all_of_the_guardians_pauses_end_with_the_window() public {
        _guardianPauses(30 days);
        assertEq(rewards.pausedUntil(), begin + 30 days);
        vm.prank(GUARDIAN);
        rewards.unpause();
        vm.warp(begin + 29 days);
        _emitsPaused(begin + 30 days);
        vm.prank(GUARDIAN);
        rewards.pause(30 days);
        // The last second of the window, and the first after it, with a pause left.
        vm.warp(begin + 30 days - 1);
        _guardianPauses(30 days);
        assertEq(rewards.pausedUntil(), begin + 30 days);
        vm.warp(begin + 30 days);
        assertTrue(!rewards.paused() && !distributor.paused(), "ended");
    }

    function test_P113_no_new_window_opens_within_30_days_of_the_last() public {
        _guardianPauses(1 days);
        // Two pauses are left, and expire with the window.
        bytes memory wait = abi.encodeWithSelector(IEmergency.GuardianMustWait.selector, begin + 60 days);
        vm.warp(begin + 30 days);
        _guardianRefused(1 days, wait);
        vm.warp(begin + 60 days - 1);
        _guardianRefused(1 days, wait);
        _assertWindow(begin + 30 days, 1);
        // Whatever it does, the guardian pauses for 30 of 60 days at most.
        vm.warp(begin + 60 days);
        _guardianPauses(30 days);
        assertEq(rewards.pausedUntil(), begin + 90 days);
        vm.warp(begin + 90 days);
        assertTrue(!rewards.paused(), "ended");
        _guardianRefused(1, abi.encodeWithSelector(IEmergency.GuardianMustWait.selector, begin + 120 days));
    }

    function test_P113_a_new_guardian_enters_the_window_of_the_last() public {
        address next = address(0x9e47);
        _guardianPauses(2 days);
        _guardianPauses(3 days);
        vm.expectEmit(address(rewards));
        emit IEmergency.GuardianUpdated(next);
        rewards.setGuardian(next);
        assertEq(rewards.guardian(), next);
        bytes memory stranger = abi.encodeWithSelector(IEmergency.NotOwnerOrGuardian.selector, GUARDIAN, next);
        _guardianRefused(1 days, stranger);
        vm.prank(GUARDIAN);
        vm.expectRevert(stranger);
        rewards.unpause();
        vm.prank(next);
        rewards.unpause();
        vm.prank(next);
        rewards.pause(1 days);
        _assertWindow(begin + 30 days, 3);
        vm.prank(next);
        vm.expectRevert(abi.encodeWithSelector(IEmergency.GuardianMustWait.selector, begin + 60 days));
        rewards.pause(1 days);
    }

    function test_P113_without_a_guardian_the_owner_alone_pauses() public {
        vm.expectEmit(address(rewards));
        emit IEmergency.GuardianUpdated(address(0));
        rewards.setGuardian(address(0));
        address[4] memory others = [GUARDIAN, FOUNDER, OPERATOR, address(0xcafe)];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory stranger =
                abi.encodeWithSelector(IEmergency.NotOwnerOrGuardian.selector, others[i], address(0));
            vm.prank(others[i]);
            vm.expectRevert(stranger);
            rewards.pause(1 days);
        }
        rewards.pause(1 days);
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(
                abi.encodeWithSelector(IEmergency.NotOwnerOrGuardian.selector, others[i], address(0))
            );
            rewards.unpause();
        }
    }

    // --- refused ---

    function test_P113_no_pause_before_the_start_and_none_to_end_without_one() public {
        address[3] memory callers = [address(this), GUARDIAN, address(0xcafe)];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(IEmergency.NotPaused.selector, 0));
            rewards.unpause();
        }
        rewards.pause(1 days);
        vm.warp(begin + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IEmergency.NotPaused.selector, begin + 1 days));
        rewards.unpause();
        _deploy();
        for (uint256 i = 0; i < callers.length; ++i) {
            bytes memory notStarted = abi.encodeWithSelector(IServiceNodeRewards.NotStarted.selector);
            vm.prank(callers[i]);
            vm.expectRevert(notStarted);
            rewards.pause(1 days);
            vm.prank(callers[i]);
            vm.expectRevert(notStarted);
            rewards.unpause();
        }
        assertTrue(!rewards.paused() && !distributor.paused(), "neither paused");
    }

    function test_P113_only_the_rewards_contract_tells_the_distributor() public {
        address[2] memory others = [address(this), GUARDIAN];
        for (uint256 i = 0; i < others.length; ++i) {
            _callRefused(
                others[i],
                address(distributor),
                abi.encodeCall(distributor.setPausedUntil, (begin + 1 days)),
                abi.encodeWithSelector(IRewardsDistributor.NotRewards.selector, others[i], address(rewards))
            );
        }
    }

    // --- helpers ---

    function _guardianPauses(uint256 duration) private {
        vm.prank(GUARDIAN);
        rewards.pause(duration);
        assertTrue(rewards.paused() && distributor.paused(), "both paused");
    }

    function _guardianRefused(uint256 duration, bytes memory expected) private {
        vm.prank(GUARDIAN);
        vm.expectRevert(expected);
        rewards.pause(duration);
    }

    function _emitsPaused(uint256 until) private {
        vm.expectEmit(address(rewards));
        emit IEmergency.Paused(until);
    }

    function _assertWindow(uint256 endsAt, uint256 pauses) private view {
        (uint256 actualEnd, uint256 actualPauses) = rewards.guardianWindow();
        assertEq(actualEnd, endsAt);
        assertEq(actualPauses, pauses);
    }

    function _callRefused(address caller, address target, bytes memory request, bytes memory expected) private {
        vm.prank(caller);
        (bool success, bytes memory answer) = target.call(request);
        assertTrue(!success, "refused");
        assertEq(answer, expected);
    }
}
