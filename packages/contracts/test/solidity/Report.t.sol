// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {EpochReport, IEpochReports} from "../../contracts/interfaces/IEpochReports.sol";
import {IServiceNodeRegistry, NodeState} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {SilenceTest} from "./support/SilenceTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-37, P-39: what is recorded. Lists are in Lists.t.sol, showings in Showing.t.sol, payable roots in
/// Payable.t.sol.
contract ReportTestCase is SilenceTest {
    uint256 private constant N = 20;
    uint256 private constant ALL = N * (N + 1) / 2;
    /// @dev A pending node.
    uint64 private constant PENDING = 21;
    uint256 private constant PENDING_SECRET = 50;

    function setUp() public override {
        super.setUp();
        _startWith(N);
        _register(PENDING_SECRET, address(0x0e));
        _close(0);
    }

    // --- the first record ---

    function test_P37_the_first_record_fixes_the_digest_and_counts() public {
        EpochReport memory report = _reportOf(0);
        bytes32 digest = rewards.hashEpochReport(report);
        BLS.G2Point memory signature = Signer.sign(ALL, digest);
        vm.expectEmit(address(rewards));
        emit IEpochReports.EpochReportRecorded(0, address(0xcafe), digest, true, true, signature, none, none);
        vm.expectEmit(address(rewards));
        emit IEpochReports.RewardsRootPayable(0, 0, report.rewardsRoot, 0);
        vm.prank(address(0xcafe));
        rewards.reportEpoch(report, signature, none, none);
        assertEq(rewards.recordedDigest(0), digest);
        assertEq(rewards.recordedDigest(1), bytes32(0));
        assertTrue(rewards.isPayable(0), "payable");
        assertEq(rewards.acceptedReports(), 1);
        assertEq(distributor.payableRootCount(), 1);
        assertEq(distributor.payableRoot(0), report.rewardsRoot);
    }

    function test_P37_the_first_record_comes_in_the_first_half_of_the_next_epoch() public {
        uint256 end = rewards.genesis() + EPOCH;
        bytes memory expected =
            abi.encodeWithSelector(IEpochReports.OutsideWindow.selector, 0, end, end + EPOCH / 2);
        vm.warp(end - 1);
        _refuseUnpaired(_reportOf(0), none, none, expected);
        vm.warp(end + EPOCH / 2);
        _refuseUnpaired(_reportOf(0), none, none, expected);
        vm.warp(end + EPOCH / 2 - 1);
        _submit(_reportOf(0), ALL, none, none);
    }

    function test_P37_hoarded_reports_cannot_land_together() public {
        // A coalition signs one report an epoch and withholds them all; at the end only the current one is taken.
        EpochReport[] memory hoard = new EpochReport[](5);
        for (uint64 e = 0; e < 5; ++e) hoard[e] = _reportOf(e);
        _close(4);
        for (uint64 e = 0; e < 4; ++e) {
            uint256 end = rewards.genesis() + (e + 1) * EPOCH;
            _refuse(
                hoard[e],
                ALL,
                none,
                none,
                abi.encodeWithSelector(IEpochReports.OutsideWindow.selector, e, end, end + EPOCH / 2)
            );
        }
        _submit(hoard[4], ALL, none, none);
        assertEq(rewards.acceptedReports(), 1);
    }

    function test_P37_an_epoch_of_the_far_future_does_not_overflow_into_the_window() public {
        EpochReport memory report = _reportOf(type(uint64).max);
        uint256 end = rewards.genesis() + (uint256(type(uint64).max) + 1) * EPOCH;
        _refuse(
            report,
            ALL,
            none,
            none,
            abi.encodeWithSelector(IEpochReports.OutsideWindow.selector, type(uint64).max, end, end + EPOCH / 2)
        );
    }

    function test_P24_a_report_is_recorded_at_two_thirds() public {
        // 13 of 20 are 6500 bps, 14 are 7000.
        _refuseUnpaired(
            _reportOf(0),
            _range(14, 20),
            none,
            abi.encodeWithSelector(IServiceNodeRewards.QuorumNotReached.selector, 13 * STAKE, 20 * STAKE, 6_667)
        );
        _submit(_reportOf(0), _sumTo(14), _range(15, 20), none);
        assertTrue(!rewards.isPayable(0), "recorded, not payable");
        assertEq(distributor.payableRootCount(), 0);
    }

    function test_P24_16_of_24_equal_stakes_are_below_6667_bps() public {
        uint64[] memory late = new uint64[](4);
        late[0] = PENDING;
        for (uint64 i = 1; i < 4; ++i) late[i] = _register(PENDING_SECRET + i, address(0x0e));
        _activate(late, ALL);
        assertEq(rewards.activeStake(), 24 * STAKE);
        uint64 epoch = _closeRunning();
        _refuse(
            _reportOf(epoch),
            _sumTo(16),
            _range(17, 24),
            none,
            abi.encodeWithSelector(IServiceNodeRewards.QuorumNotReached.selector, 16 * STAKE, 24 * STAKE, 6_667)
        );
        _submit(_reportOf(epoch), _sumTo(17), _range(18, 24), none);
    }

    function test_P4_a_signature_of_another_epoch_or_kind_records_nothing() public {
        EpochReport memory report = _reportOf(0);
        bytes32 digest = rewards.hashEpochReport(report);
        BLS.G2Point[3] memory signatures = [
            Signer.sign(ALL, rewards.hashEpochReport(_reportOf(1))),
            Signer.sign(ALL, rewards.hashRewardClaim(address(this), 5)),
            Signer.sign(ALL, keccak256("anything"))
        ];
        for (uint256 i = 0; i < signatures.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidSignature.selector, digest));
            rewards.reportEpoch(report, signatures[i], none, none);
        }
        // And a report's signature moves no balance.
        BLS.G2Point memory signature = Signer.sign(ALL, digest);
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeRegistry.InvalidSignature.selector, rewards.hashRewardClaim(address(this), 5)
            )
        );
        rewards.updateRewardsBalance(address(this), 5, signature, none, none);
    }

    function testFuzz_P5_every_field_is_in_the_digest(uint256 field, uint64 value) public view {
        EpochReport memory report = _reportOf(3);
        report.activate = _ids(1, 2);
        report.decommission = _ids(3);
        bytes32 digest = rewards.hashEpochReport(report);
        value = uint64(bound(value, 100, type(uint64).max));
        field = bound(field, 0, 6);
        if (field == 0) report.epoch = value;
        if (field == 1) report.rewardsRoot = bytes32(uint256(value));
        if (field == 2) report.totalOwed = value;
        if (field == 3) report.activate[1] = value;
        if (field == 4) report.decommission[0] = value;
        if (field == 5) report.activate = _ids(1);
        // Moving an id from one list to the other is another message, although the ids in a row are the same.
        if (field == 6) (report.activate, report.decommission) = (_ids(1), _ids(2, 3));
        assertTrue(rewards.hashEpochReport(report) != digest, "another digest");
    }

    function test_P29_P37_no_report_in_a_pause_or_before_the_start() public {
        rewards.pause(1 days);
        _refuse(_reportOf(0), ALL, none, none, _enforcedPause(vm.getBlockTimestamp() + 1 days));
        rewards.unpause();
        _submit(_reportOf(0), ALL, none, none);
        _deploy();
        EpochReport memory report = _reportOf(0);
        BLS.G2Point memory signature = Signer.sign(ALL, rewards.hashEpochReport(report));
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.NotStarted.selector));
        rewards.reportEpoch(report, signature, none, none);
    }

    function test_P37_events_carry_the_ids_that_counted() public {
        // 20 did not sign. 21 is pending: as a non-signer it is passed over, as 3 and 20, active, are as extra signers.
        EpochReport memory report = _reportOf(0);
        report.decommission = _ids(4);
        bytes32 digest = rewards.hashEpochReport(report);
        BLS.G2Point memory signature = Signer.sign(ALL - 20, digest);
        vm.expectEmit(address(rewards));
        emit IEpochReports.EpochReportRecorded(0, address(this), digest, true, true, signature, _ids(20), none);
        rewards.reportEpoch(report, signature, _ids(20, PENDING), _ids(3, 20));
        // Node 4 was active until this record applied its lists: now it is inactive, and its signature an extra one.
        _assertState(4, NodeState.Decommissioned);
        report = _reportOf(_closeRunning());
        digest = rewards.hashEpochReport(report);
        signature = Signer.sign(ALL - 20 + PENDING_SECRET, digest);
        vm.expectEmit(address(rewards));
        emit IEpochReports.EpochReportRecorded(
            1, address(this), digest, true, false, signature, _ids(20), _ids(4, PENDING)
        );
        rewards.reportEpoch(report, signature, _ids(4, 20), _ids(4, PENDING));
    }

    function test_P37_the_event_names_no_silent_node_as_a_signer() public {
        // The attack: an active, silent node is named as a non-signer and as an extra signer.
        _exit(PENDING);
        uint64 epoch = _closeRunning();
        EpochReport memory report = _reportOf(epoch);
        bytes32 digest = rewards.hashEpochReport(report);
        BLS.G2Point memory signature = Signer.sign(_sumTo(19), digest);
        vm.expectEmit(address(rewards));
        emit IEpochReports.EpochReportRecorded(epoch, address(this), digest, true, true, signature, _ids(20), none);
        rewards.reportEpoch(report, signature, _ids(20), _ids(20));
        // An exited one as both: its key enters the sum, so without its signature nothing holds.
        report = _reportOf(_closeRunning());
        _refuse(
            report,
            _sumTo(19),
            _ids(20, PENDING),
            _ids(PENDING),
            abi.encodeWithSelector(IServiceNodeRegistry.InvalidSignature.selector, rewards.hashEpochReport(report))
        );
        // And in a later record, which names what counted then.
        _submit(report, _sumTo(18), _ids(19, 20), none);
        digest = rewards.hashEpochReport(report);
        signature = Signer.sign(_sumTo(19), digest);
        vm.expectEmit(address(rewards));
        emit IEpochReports.EpochReportRecorded(
            report.epoch, address(this), digest, false, true, signature, _ids(20), none
        );
        rewards.reportEpoch(report, signature, _ids(20), _ids(19, 20));
    }

    // --- later records ---

    function test_P39_a_fuller_record_makes_the_root_payable() public {
        EpochReport memory report = _reportOf(0);
        _submit(report, ALL - 3 - 7, _ids(3, 7), none);
        bytes32 digest = rewards.hashEpochReport(report);
        BLS.G2Point memory signature = Signer.sign(ALL - 7, digest);
        vm.expectEmit(address(rewards));
        emit IEpochReports.EpochReportRecorded(0, address(0xcafe), digest, false, true, signature, _ids(7), none);
        vm.expectEmit(address(rewards));
        emit IEpochReports.RewardsRootPayable(0, 0, report.rewardsRoot, 0);
        vm.prank(address(0xcafe));
        rewards.reportEpoch(report, signature, _ids(7), none);
        assertTrue(rewards.isPayable(0), "payable");
        assertEq(distributor.payableRootCount(), 1);
        assertEq(rewards.acceptedReports(), 1);
    }

    function test_P39_a_later_record_that_makes_nothing_payable_is_refused_before_the_pairing() public {
        // Recorded by 18 of 20: not payable.
        EpochReport memory report = _reportOf(0);
        _submit(report, ALL - 3 - 7, _ids(3, 7), none);
        bytes memory quorum =
            abi.encodeWithSelector(IServiceNodeRewards.QuorumNotReached.selector, 18 * STAKE, 20 * STAKE, 9_500);
        _refuseUnpaired(report, _ids(3, 7), none, quorum);
        // A pending node that signed too adds nothing: it is shown by a showing.
        _refuseUnpaired(report, _ids(3, 7), _ids(PENDING), quorum);
        for (uint64 id = 15; id <= N; ++id) rewards.setState(id, NodeState.Decommissioned);
        _refuseUnpaired(
            report,
            none,
            none,
            abi.encodeWithSelector(IServiceNodeRewards.FloorNotReached.selector, 14 * STAKE, 20 * STAKE, 7_500)
        );
        // With the stake that is asked for, the signature is looked at.
        _refuseUnpaired(report, none, _ids(15), abi.encodeWithSelector(IServiceNodeRegistry.InvalidPoint.selector));
        _submit(report, _sumTo(15), none, _ids(15));
        _refuseUnpaired(report, none, none, abi.encodeWithSelector(IEpochReports.AlreadyPayable.selector, 0));
    }

    function test_P39_the_empty_root_takes_no_later_record() public {
        EpochReport memory report = _reportOf(0);
        report.rewardsRoot = 0;
        _submit(report, ALL - 3 - 7, _ids(3, 7), none);
        _refuseUnpaired(report, none, none, abi.encodeWithSelector(IEpochReports.RootIsZero.selector, 0));
    }

    function test_P39_what_is_owed_and_released_since_makes_the_very_same_signature_payable() public {
        EpochReport memory report = _reportOf(0);
        uint256 released = pool.released(vm.getBlockTimestamp());
        report.totalOwed = pool.released(vm.getBlockTimestamp() + EPOCH);
        _submit(report, ALL, none, none);
        assertTrue(!rewards.isPayable(0), "not payable yet");
        _refuseUnpaired(
            report,
            none,
            none,
            abi.encodeWithSelector(IEpochReports.OwedExceedsReleased.selector, report.totalOwed, released)
        );
        vm.warp(vm.getBlockTimestamp() + EPOCH);
        _submit(report, ALL, none, none);
        assertTrue(rewards.isPayable(0), "payable");
    }

    function test_P39_later_records_are_of_the_same_digest_until_two_epochs_after() public {
        EpochReport memory report = _reportOf(0);
        bytes32 digest = rewards.hashEpochReport(report);
        _submit(report, ALL - 3 - 7, _ids(3, 7), none);
        EpochReport memory other = _reportOf(0);
        other.totalOwed = 1;
        _refuseUnpaired(
            other,
            none,
            none,
            abi.encodeWithSelector(
                IEpochReports.AnotherReportRecorded.selector, 0, digest, rewards.hashEpochReport(other)
            )
        );
        uint256 end = rewards.genesis() + EPOCH;
        vm.warp(end + 2 * EPOCH);
        _refuseUnpaired(
            report,
            none,
            none,
            abi.encodeWithSelector(IEpochReports.OutsideWindow.selector, 0, end, end + 2 * EPOCH)
        );
        vm.warp(end + 2 * EPOCH - 1);
        _submit(report, ALL, none, none);
        assertTrue(rewards.isPayable(0), "payable");
    }

    function test_P38_a_later_record_applies_no_lists() public {
        EpochReport memory report = _reportOf(0);
        report.activate = _ids(PENDING);
        _submit(report, ALL - 3 - 7, _ids(3, 7), none);
        _assertState(PENDING, NodeState.Active);
        rewards.setState(PENDING, NodeState.Pending);
        _submit(report, ALL, none, none);
        _assertState(PENDING, NodeState.Pending);
        assertEq(rewards.acceptedReports(), 1);
    }

    function test_P39_isPayable_tells_for_16_epochs() public {
        _submit(_reportOf(0), ALL, none, none);
        _close(15);
        assertTrue(rewards.isPayable(0), "16 epochs run since");
        _close(16);
        vm.expectRevert(abi.encodeWithSelector(IEpochReports.EpochTooOld.selector, 0, 1));
        rewards.isPayable(0);
        // Epoch 16 has the same bit: without a record it is not payable, nor with one by 18 of 20.
        assertTrue(!rewards.isPayable(16), "not recorded");
        _submit(_reportOf(16), ALL - 3 - 7, _ids(3, 7), none);
        assertTrue(!rewards.isPayable(16), "recorded");
        _submit(_reportOf(16), ALL, none, none);
        assertTrue(rewards.isPayable(16), "payable");
        assertTrue(!rewards.isPayable(type(uint64).max), "far future");
    }

    // --- helpers ---

    /// @dev A pending node of the operator 0x0e leaves.
    function _exit(uint64 id) private {
        vm.prank(address(0x0e));
        rewards.initiateExitBLSPublicKey(id);
        vm.warp(vm.getBlockTimestamp() + 15 days);
        rewards.exitBLSPublicKey(id);
    }
}
