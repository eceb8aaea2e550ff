// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EpochReport} from "../../contracts/interfaces/IEpochReports.sol";
import {IRewardsDistributor} from "../../contracts/interfaces/IRewardsDistributor.sol";
import {NodeState} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {ReportTest} from "./support/ReportTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-40: which roots become payable, and for how long.
contract PayableTest is ReportTest {
    uint256 private constant N = 20;
    uint256 private constant ALL = N * (N + 1) / 2;

    function setUp() public override {
        super.setUp();
        _startWith(N);
        _close(0);
    }

    function test_P40_payable_needs_the_money_quorum_before_the_records_own_lists() public {
        // 18 of 20 signed: 9000 bps. The record decommissions one of the absent, which would make it 18 of 19.
        EpochReport memory report = _reportOf(0);
        report.decommission = _ids(3);
        _submit(report, ALL - 3 - 7, _ids(3, 7), none);
        assertEq(distributor.payableRootCount(), 0);
        // 18 of 19 are 9473 bps; one more decommission and the very same signature, named anew, is 18 of 18.
        rewards.setState(7, NodeState.Decommissioned);
        _submit(report, ALL - 3 - 7, none, none);
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
