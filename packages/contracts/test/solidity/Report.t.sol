// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IRewardsDistributor} from "../../contracts/interfaces/IRewardsDistributor.sol";
import {IServiceNodeRegistry, NodeState} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {EpochReport, IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {ReportTest} from "./support/ReportTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-37, P-39, P-40: what is recorded and what becomes payable. Lists are in Lists.t.sol.
contract ReportTestCase is ReportTest {
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
        emit IServiceNodeRewards.EpochReportRecorded(0, address(0xcafe), digest, true, true, signature, none, none);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.RewardsRootPayable(0, 0, report.rewardsRoot, 0);
        vm.prank(address(0xcafe));
        rewards.reportEpoch(report, signature, none, none);
        (bytes32 recorded, uint64 recordedAt, bool isPayable) = rewards.epochRecord(0);
        assertEq(recorded, digest);
        assertEq(recordedAt, vm.getBlockTimestamp());
        assertTrue(isPayable, "payable");
        assertEq(rewards.acceptedReports(), 1);
        assertEq(distributor.payableRootCount(), 1);
        assertEq(distributor.payableRoot(0), report.rewardsRoot);
    }

    function test_P37_the_window_of_the_first_record_is_the_next_epoch() public {
        uint256 end = rewards.genesis() + EPOCH;
        bytes memory expected =
            abi.encodeWithSelector(IServiceNodeRewards.OutsideWindow.selector, 0, end, end + EPOCH);
        vm.warp(end - 1);
        _refuse(_reportOf(0), ALL, none, none, expected);
        vm.warp(end + EPOCH);
        _refuse(_reportOf(0), ALL, none, none, expected);
        vm.warp(end + EPOCH - 1);
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
                abi.encodeWithSelector(IServiceNodeRewards.OutsideWindow.selector, e, end, end + EPOCH)
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
            abi.encodeWithSelector(IServiceNodeRewards.OutsideWindow.selector, type(uint64).max, end, end + EPOCH)
        );
    }

    function test_P24_a_report_is_recorded_at_two_thirds() public {
        // 13 of 20 are 6500 bps, 14 are 7000.
        uint64[] memory absent = _range(14, 20);
        _refuse(
            _reportOf(0),
            _sumTo(13),
            absent,
            none,
            abi.encodeWithSelector(IServiceNodeRewards.QuorumNotReached.selector, 13 * STAKE, 20 * STAKE, 6_667)
        );
        _submit(_reportOf(0), _sumTo(14), _range(15, 20), none);
        (,, bool isPayable) = rewards.epochRecord(0);
        assertTrue(!isPayable, "recorded, not payable");
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
        _refuse(
            _reportOf(0), ALL, none, none, abi.encodeWithSelector(bytes4(keccak256("EnforcedPause()")))
        );
        rewards.unpause();
        _submit(_reportOf(0), ALL, none, none);
        _deploy();
        EpochReport memory report = _reportOf(0);
        BLS.G2Point memory signature = Signer.sign(ALL, rewards.hashEpochReport(report));
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.NotStarted.selector));
        rewards.reportEpoch(report, signature, none, none);
    }

    // --- later records ---

    function test_P39_a_fuller_record_makes_the_root_payable() public {
        EpochReport memory report = _reportOf(0);
        _submit(report, ALL - 3 - 7, _ids(3, 7), none);
        bytes32 digest = rewards.hashEpochReport(report);
        BLS.G2Point memory signature = Signer.sign(ALL - 7, digest);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.EpochReportRecorded(0, address(this), digest, false, true, signature, _ids(7), none);
        rewards.reportEpoch(report, signature, _ids(7), none, _earlier(_ids(3, 7), none));
        assertEq(distributor.payableRootCount(), 1);
        assertEq(rewards.acceptedReports(), 1);
    }

    function test_P39_nobody_can_hide_anothers_signature() public {
        // A coalition records 18 of 20 although 7 and 3 signed too. Whoever holds one of their shares adds it to the
        // record's own aggregate; 3 is then shown, and a record without 7 but with 3 again brings nothing.
        EpochReport memory report = _reportOf(0);
        _submit(report, ALL - 3 - 7, _ids(3, 7), none);
        _submit(report, ALL - 7, _ids(7), none, _earlier(_ids(3, 7), none));
        // The coalition's own next move, another subset that leaves 7 out, shows nothing new.
        bytes memory nothing = abi.encodeWithSelector(IServiceNodeRewards.NothingNew.selector, 0);
        _refuse(report, ALL - 7, _ids(7), none, _earlier(_ids(7), none), nothing);
        _refuse(report, ALL - 2 - 7, _ids(2, 7), none, _earlier(_ids(7), none), nothing);
        // 7 is still welcome, even from a record that leaves others out and is not payable by itself.
        _submit(report, ALL - 1 - 2, _ids(1, 2), none, _earlier(_ids(7), none));
        _refuse(report, ALL, none, none, nothing);
    }

    function test_P39_a_pending_extra_signer_is_news_once() public {
        EpochReport memory report = _reportOf(0);
        _submit(report, ALL, none, none);
        uint256 withPending = ALL + PENDING_SECRET;
        _submit(report, withPending, none, _ids(PENDING));
        _refuse(
            report,
            withPending,
            none,
            _ids(PENDING),
            _earlier(none, _ids(PENDING)),
            abi.encodeWithSelector(IServiceNodeRewards.NothingNew.selector, 0)
        );
        // Another pending node is news again, and the list stays sorted whatever the order of arrival.
        uint64 next = _register(PENDING_SECRET + 1, address(0x0e));
        uint64 last = _register(PENDING_SECRET + 2, address(0x0e));
        _submit(report, ALL + 52, none, _ids(last), _earlier(none, _ids(PENDING)));
        _submit(report, ALL + 51, none, _ids(next), _earlier(none, _ids(PENDING, last)));
        _refuse(
            report,
            ALL + 50 + 51 + 52,
            none,
            _range(PENDING, last),
            _earlier(none, _range(PENDING, last)),
            abi.encodeWithSelector(IServiceNodeRewards.NothingNew.selector, 0)
        );
    }

    function test_P39_a_node_that_the_record_itself_decommissions_is_news_only_if_it_was_absent() public {
        EpochReport memory report = _reportOf(0);
        report.decommission = _ids(5, 6);
        // 5 is absent, 6 signs; the 2% take 5 alone.
        _submit(report, ALL - 5, _ids(5), none);
        assertEq(uint256(rewards.node(5).state), uint256(NodeState.Decommissioned));
        _submit(report, ALL, none, _ids(5), _earlier(_ids(5), none));
        _refuse(
            report, ALL, none, _ids(5), abi.encodeWithSelector(IServiceNodeRewards.NothingNew.selector, 0)
        );
        assertEq(uint256(rewards.node(6).state), uint256(NodeState.Active));
    }

    function test_P39_a_present_node_that_was_decommissioned_since_is_no_news() public {
        EpochReport memory report = _reportOf(0);
        report.decommission = _ids(6);
        _submit(report, ALL, none, none);
        _refuse(
            report, ALL, none, _ids(6), abi.encodeWithSelector(IServiceNodeRewards.NothingNew.selector, 0)
        );
    }

    function test_P39_an_exited_extra_signer_is_no_news() public {
        vm.prank(address(0x0e));
        rewards.initiateExitBLSPublicKey(PENDING);
        vm.warp(vm.getBlockTimestamp() + 15 days);
        rewards.exitBLSPublicKey(PENDING);
        uint64 epoch = _closeRunning();
        _submit(_reportOf(epoch), ALL, none, none);
        _refuse(
            _reportOf(epoch),
            ALL + PENDING_SECRET,
            none,
            _ids(PENDING),
            abi.encodeWithSelector(IServiceNodeRewards.NothingNew.selector, epoch)
        );
    }

    function test_P39_what_the_earlier_records_showed_must_be_named_exactly() public {
        EpochReport memory report = _reportOf(0);
        _submit(report, ALL - 3 + PENDING_SECRET, _ids(3), _ids(PENDING));
        bytes4 differ = IServiceNodeRewards.EarlierRecordsDiffer.selector;
        _refuse(report, ALL, none, none, abi.encodeWithSelector(differ, 0, 0));
        _refuse(report, ALL, none, none, _earlier(_ids(3), none), abi.encodeWithSelector(differ, 1, 0));
        _refuse(
            report, ALL, none, none, _earlier(_ids(PENDING), _ids(3)), abi.encodeWithSelector(differ, 1, 1)
        );
        _submit(report, ALL, none, none, _earlier(_ids(3), _ids(PENDING)));
    }

    function test_P37_later_records_are_of_the_same_digest_until_two_epochs_after() public {
        EpochReport memory report = _reportOf(0);
        bytes32 digest = rewards.hashEpochReport(report);
        _submit(report, ALL - 3, _ids(3), none);
        EpochReport memory other = _reportOf(0);
        other.totalOwed = 1;
        _refuse(
            other,
            ALL,
            none,
            none,
            _earlier(_ids(3), none),
            abi.encodeWithSelector(
                IServiceNodeRewards.AnotherReportRecorded.selector, 0, digest, rewards.hashEpochReport(other)
            )
        );
        uint256 end = rewards.genesis() + EPOCH;
        vm.warp(end + 2 * EPOCH);
        _refuse(
            report,
            ALL,
            none,
            none,
            _earlier(_ids(3), none),
            abi.encodeWithSelector(IServiceNodeRewards.OutsideWindow.selector, 0, end, end + 2 * EPOCH)
        );
        vm.warp(end + 2 * EPOCH - 1);
        _submit(report, ALL, none, none, _earlier(_ids(3), none));
    }

    function test_P38_a_later_record_applies_no_lists() public {
        EpochReport memory report = _reportOf(0);
        report.activate = _ids(PENDING);
        _submit(report, ALL - 3, _ids(3), none);
        assertEq(uint256(rewards.node(PENDING).state), uint256(NodeState.Active));
        rewards.setState(PENDING, NodeState.Pending);
        _submit(report, ALL, none, none, _earlier(_ids(3), none));
        assertEq(uint256(rewards.node(PENDING).state), uint256(NodeState.Pending));
    }

    // --- payable ---

    function test_P40_payable_needs_the_money_quorum_before_the_records_own_lists() public {
        // 18 of 20 signed: 9000 bps. The record decommissions one of the absent, which would make it 18 of 19.
        EpochReport memory report = _reportOf(0);
        report.decommission = _ids(3);
        _submit(report, ALL - 3 - 7, _ids(3, 7), none);
        assertEq(distributor.payableRootCount(), 0);
        // 18 of 19 are 9473 bps; one more decommission and the very same signature, named anew, is 18 of 18.
        rewards.setState(7, NodeState.Decommissioned);
        _submit(report, ALL - 3 - 7, none, none, _earlier(_ids(3, 7), none));
        assertEq(distributor.payableRootCount(), 1);
    }

    function test_P40_payable_needs_the_floor() public {
        for (uint64 id = 15; id <= N; ++id) rewards.setState(id, NodeState.Decommissioned);
        // 14 of 14 active, and 14 of 20 in all.
        _submit(_reportOf(0), _sumTo(14), none, none);
        assertEq(distributor.payableRootCount(), 0);
        // A decommissioned node that signed too lifts the floor to 15 of 20: exactly 7500 bps.
        _submit(_reportOf(0), _sumTo(15), none, _ids(15));
        assertEq(distributor.payableRootCount(), 1);
    }

    function test_P40_owing_more_than_was_released_is_recorded_and_not_payable() public {
        EpochReport memory report = _reportOf(0);
        report.totalOwed = pool.released(vm.getBlockTimestamp()) + 1;
        _submit(report, ALL, none, none);
        assertEq(rewards.acceptedReports(), 1);
        assertEq(distributor.payableRootCount(), 0);
        uint64 epoch = _closeRunning();
        report = _reportOf(epoch);
        pool.payoutReleased();
        report.totalOwed = pool.released(vm.getBlockTimestamp());
        _submit(report, ALL, none, none);
        assertEq(distributor.payableRootCount(), 1);
    }

    function test_P40_principal_and_donations_do_not_cover_what_is_owed() public {
        token.transfer(address(rewards), 1_000_000e9);
        EpochReport memory report = _reportOf(0);
        report.totalOwed = pool.released(vm.getBlockTimestamp()) + 1;
        _submit(report, ALL, none, none);
        assertEq(distributor.payableRootCount(), 0);
    }

    function test_P40_the_empty_root_is_not_payable() public {
        EpochReport memory report = _reportOf(0);
        report.rewardsRoot = 0;
        _submit(report, ALL, none, none);
        assertEq(rewards.acceptedReports(), 1);
        assertEq(distributor.payableRootCount(), 0);
    }

    function test_P40_the_last_8_payable_roots_stay_valid() public {
        for (uint64 i = 0; i < 11; ++i) {
            _next(ALL);
            assertEq(distributor.payableRootCount(), i + 1);
            for (uint64 j = 0; j <= i; ++j) {
                if (j + 8 > i) {
                    assertEq(distributor.payableRoot(j), _reportOf(j + 1).rewardsRoot);
                } else {
                    vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.RootNotValid.selector, j, i + 1));
                    distributor.payableRoot(j);
                }
            }
            vm.expectRevert(abi.encodeWithSelector(IRewardsDistributor.RootNotValid.selector, i + 1, i + 1));
            distributor.payableRoot(i + 1);
        }
    }
}
